//! The language of Windows: the names of built-in accounts and their domains, the word for the
//! console, and the texts of shutdown requests.

use super::random::Random;
use crate::event::{Event, Field, Payload};
use crate::value::Value;

/// The texts of one language, in the order of [`ENGLISH`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Language([&'static str; 12]);

/// Authority, SYSTEM, LOCAL SERVICE, NETWORK SERVICE, ANONYMOUS LOGON, the domains of the window
/// manager and of the font driver, the console, restart, power off, shutdown, the reason.
const ENGLISH: [&str; 12] = [
    "NT AUTHORITY",
    "SYSTEM",
    "LOCAL SERVICE",
    "NETWORK SERVICE",
    "ANONYMOUS LOGON",
    "Window Manager",
    "Font Driver Host",
    "LOCAL",
    "restart",
    "power off",
    "shutdown",
    "Other (Unplanned)",
];

/// The place of the word for the console: only the Local Session Manager's `Address` has it.
const CONSOLE: usize = 7;

const LANGUAGES: [[&str; 12]; 8] = [
    [
        "NT-AUTORITÄT",
        "SYSTEM",
        "Lokaler Dienst",
        "Netzwerkdienst",
        "ANONYMOUS-ANMELDUNG",
        "Fenster-Manager",
        "Schriftartentreiberhost",
        "LOKAL",
        "Neu starten",
        "Ausschalten",
        "Herunterfahren",
        "Anderer Grund (Nicht geplant)",
    ],
    [
        "AUTORITE NT",
        "Système",
        "SERVICE LOCAL",
        "SERVICE RÉSEAU",
        "ANONYMOUS LOGON",
        "Gestionnaire de fenêtres",
        "Hôte de pilote de police",
        "LOCALE",
        "redémarrer",
        "mettre hors tension",
        "arrêter",
        "Autre (non planifié)",
    ],
    [
        "NT AUTHORITY",
        "SYSTEM",
        "YEREL HİZMET",
        "AĞ HİZMETİ",
        "ANONİM OTURUM AÇMA",
        "Pencere Yöneticisi",
        "Yazı Tipi Sürücüsü Ana Bilgisayarı",
        "YEREL",
        "yeniden başlat",
        "gücü kapat",
        "kapat",
        "Diğer (Planlanmamış)",
    ],
    [
        "NT AUTHORITY",
        "SYSTEM",
        "LOCAL SERVICE",
        "NETWORK SERVICE",
        "ANONYMOUS LOGON",
        "ウィンドウ マネージャー",
        "フォント ドライバー ホスト",
        "ローカル",
        "再起動",
        "電源を切る",
        "シャットダウン",
        "その他 (計画外)",
    ],
    [
        "NT AUTHORITY",
        "СИСТЕМА",
        "LOCAL SERVICE",
        "NETWORK SERVICE",
        "АНОНИМНЫЙ ВХОД",
        "Диспетчер окон",
        "Узел драйвера шрифтов",
        "ЛОКАЛЬНЫЕ",
        "Перезапустить",
        "Выключение питания",
        "завершение работы",
        "Другое (не запланировано)",
    ],
    [
        "ZARZĄDZANIE NT",
        "SYSTEM",
        "USŁUGA LOKALNA",
        "USŁUGA SIECIOWA",
        "LOGOWANIE ANONIMOWE",
        "Menedżer okien",
        "Host sterownika czcionek",
        "LOKALNY",
        "uruchom ponownie",
        "wyłącz zasilanie",
        "zamknij",
        "Inne (nieplanowane)",
    ],
    [
        "NT AUTHORITY",
        "SISTEMA",
        "SERVIZIO LOCALE",
        "SERVIZIO DI RETE",
        "ACCESSO ANONIMO",
        "Gestione finestre",
        "Host driver tipi di carattere",
        "LOCALE",
        "riavvio",
        "spegnimento",
        "arresto",
        "Altro (non pianificato)",
    ],
    [
        "NT AUTHORITY",
        "SYSTEM",
        "LOCAL SERVICE",
        "NETWORK SERVICE",
        "ANONYMOUS LOGON",
        "창 관리자",
        "글꼴 드라이버 호스트",
        "로컬",
        "다시 시작",
        "전원 끄기",
        "종료",
        "기타(계획되지 않음)",
    ],
];

impl Language {
    /// One of the languages.
    pub fn draw(random: &mut Random) -> Self {
        Self(*random.pick(&LANGUAGES))
    }

    /// The event as Windows writes it in this language.
    pub fn translate(&self, mut event: Event) -> Event {
        match &mut event.payload {
            Payload::EventData { fields, .. } | Payload::UserData { fields, .. } => {
                fields.iter_mut().for_each(|field| self.translate_field(field));
            }
            Payload::Legacy { strings, .. } => {
                strings.iter_mut().for_each(|text| *text = self.text(text));
            }
        }
        event
    }

    fn translate_field(&self, field: &mut Field) {
        let Value::UnicodeString(text) = &field.value else { return };
        let console = field.name == "Address" && text == ENGLISH[CONSOLE];
        let text = if console { self.0[CONSOLE].to_owned() } else { self.text(text) };
        field.value = Value::UnicodeString(text);
    }

    /// The text in this language, alone or behind or before a backslash.
    pub fn text(&self, text: &str) -> String {
        let word = |word: &str| {
            let mut words = ENGLISH.iter().zip(self.0).enumerate();
            let known = words.find(|(at, (english, _))| *at != CONSOLE && **english == word);
            known.map_or_else(|| word.to_owned(), |(_, (_, own))| own.to_owned())
        };
        match text.split_once('\\') {
            Some((domain, name)) => format!("{}\\{}", word(domain), word(name)),
            None => word(text),
        }
    }
}
