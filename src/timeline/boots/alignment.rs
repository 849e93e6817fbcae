//! The boots of both channels laid beside each other in order.
//!
//! Time alone never pairs them: clocks are wrong at boot. Of all ways to lay the pieces of Security
//! beside those of System, each in record order, the one counts that the most evidence supports
//! ([`ties`], [`chain`](crate::timeline::boots::best_chain)). What no tie holds goes in between.

use crate::model::{EventKind, Span, Timestamp};
use crate::timeline::boots::best_chain::heaviest;
use crate::timeline::boots::ties::{self, Moments, Side};
use crate::timeline::channel::security_boots::{AFTER_STOP, SecurityStart, StartMark};
use crate::timeline::channel::segments::Piece;
use crate::timeline::channel::system_boots::{self, SystemBoot};

/// 6008 knows the start of the boot that crashed to the second; LSASS starts within so long after.
const DEAD_START: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// The kernel's last words follow 1100 so soon.
const LAST_WORDS: (Span, Span) = (Span::seconds(-2), Span::seconds(30));

/// A boot as both channels show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Its beginning in the Security stream.
    pub(crate) security: Option<SecurityStart>,
    /// Its beginning in the System stream.
    pub(crate) system: Option<SystemBoot>,
    /// Only one channel shows it, and nothing but the clock puts it before the next, which only the
    /// other shows.
    pub(crate) by_clock: bool,
}

/// The boots in order, and for each piece of both channels which of them it is of, from 1.
pub(crate) struct Aligned {
    pub(crate) boots: Vec<Pair>,
    pub(crate) security: Vec<usize>,
    pub(crate) system: Vec<usize>,
}

/// Lays Security and System beside each other.
pub(crate) fn align(security: &Side<'_, SecurityStart>, system: &Side<'_, SystemBoot>) -> Aligned {
    // Where one channel is not there at all, there is nothing to weigh.
    if security.pieces.is_empty() || system.pieces.is_empty() {
        return Table { security, system, lsass: Vec::new(), kernels: Vec::new() }.lay(&[]);
    }
    let lsass = ties::of_security(security);
    let kernels = ties::of_system(system);
    let weights = ties::ties(security, &lsass, system, &kernels);
    let mut chain = heaviest(&weights, &security.pieces, &system.pieces);
    drop(weights);
    let table = Table { security, system, lsass, kernels };
    chain.extend(table.lone_pairs(&chain));
    chain.sort_unstable();
    table.lay(&chain)
}

/// Both channels with what their pieces tell.
struct Table<'a> {
    security: &'a Side<'a, SecurityStart>,
    system: &'a Side<'a, SystemBoot>,
    lsass: Vec<Moments>,
    kernels: Vec<Moments>,
}

impl Table<'_> {
    /// Boots between two ties that no moment ties, from the last on: what Security shows there by
    /// records alone is of the last boot that System shows, where both agree on its end; and a
    /// start of LSASS goes with the one boot whose kernel left no record, whose clock was then set
    /// before the service.
    fn lone_pairs(&self, chain: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let ends = (self.security.pieces.len(), self.system.pieces.len());
        let mut from = (0, 0);
        let mut found = Vec::new();
        for &(one, other) in chain.iter().chain([&ends]) {
            let begins =
                |at: &usize| self.system.pieces.get(*at).is_some_and(|piece| piece.start.is_some());
            let mut new: Vec<usize> = (from.0..one).filter(|at| self.is_new(*at)).collect();
            let mut boots: Vec<usize> = (from.1..other).filter(begins).collect();
            let single = new.len() == 1 && boots.len() == 1;
            from = (one + 1, other + 1);
            while let (Some(&lsass), Some(&kernel)) = (new.last(), boots.last()) {
                new.pop();
                let told = self.lsass.get(lsass).is_some_and(|moments| moments.start.is_some());
                if self.may_be(lsass, kernel) && (!told || single) {
                    found.push((lsass, kernel));
                    boots.pop();
                }
            }
        }
        found
    }

    /// Does this piece of Security surely begin another boot than those before it?
    fn is_new(&self, at: usize) -> bool {
        let pieces = &self.security.pieces;
        let Some(before) = at.checked_sub(1).and_then(|at| pieces.get(at)) else { return true };
        before.stop.is_some() || pieces.get(at).is_some_and(|piece| piece.start.is_some())
    }

    /// May these be one boot, although no moment ties them?
    fn may_be(&self, lsass: usize, kernel: usize) -> bool {
        let (Some(one), Some(other)) = (self.lsass.get(lsass), self.kernels.get(kernel)) else {
            return false;
        };
        // Where both starts are known, they would tie.
        let known = one.start.is_some() && other.start.is_some();
        let first = self.security.pieces.get(lsass).map(|piece| piece.first);
        // A start of LSASS may be by a clock that was days off.
        let read = one.start.is_some() || first.is_some_and(|first| other.may_read(first));
        !known && read && ties::judge(one, other).is_some_and(|weight| weight >= 0)
    }

    fn lay(&self, chain: &[(usize, usize)]) -> Aligned {
        let mut laid = Laid {
            table: self,
            boots: Vec::new(),
            security: Vec::with_capacity(self.security.pieces.len()),
            system: Vec::with_capacity(self.system.pieces.len()),
        };
        for &(one, other) in chain {
            laid.between(one, other);
            laid.tied(one, other);
        }
        laid.between(self.security.pieces.len(), self.system.pieces.len());
        Aligned { boots: laid.boots, security: laid.security, system: laid.system }
    }

    /// Is this System boot the one right after the System boot before it, whatever Security shows?
    /// A boot that System lost although no records are missing ended in a crash.
    fn follows(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let (Some(piece), Some(last)) = (self.system.pieces.get(at), self.kernels.get(before))
        else {
            return false;
        };
        if !piece.torn && last.closes() {
            return !self.kernels.get(at).is_some_and(Moments::follows_crash);
        }
        let id = |at: usize| self.kernels.get(at).and_then(|moments| moments.boot_id);
        let next = id(before).zip(id(at)).is_some_and(|(one, other)| one + 1 == other);
        let dead = self.dead_start(at).zip(last.start);
        next || dead.is_some_and(|(dead, start)| dead.since(start).abs() <= Span::seconds(2))
    }

    /// Does this piece of System begin no boot, and go on with one that System shows?
    fn goes_on(&self, at: usize) -> bool {
        let pieces = &self.system.pieces;
        let before = at.checked_sub(1).and_then(|at| pieces.get(at));
        pieces.get(at).is_some_and(|piece| piece.start.is_none())
            && before.is_some_and(|before| before.stop.is_none())
    }

    /// Had the boot ended in order when this piece of System was written?
    fn is_after(&self, ended: Option<Timestamp>, at: usize) -> bool {
        let first = self.first(at).and_then(|index| self.system.time(index));
        first.zip(ended).is_some_and(|(first, ended)| first.since(ended) > AFTER_STOP)
    }

    /// The first record of a piece of System. That of a log that was cleared says nothing of when it
    /// was.
    fn first(&self, at: usize) -> Option<usize> {
        let says_when = |at: &usize| {
            self.system.events.get(*at).is_some_and(|event| {
                !matches!(event.kind, EventKind::LogCleared(_) | EventKind::LogArchived(_))
            })
        };
        self.system.pieces.get(at)?.range.clone().find(says_when)
    }

    /// When the boot started that crashed before this one.
    fn dead_start(&self, at: usize) -> Option<Timestamp> {
        let boot = self.system.starts.get(self.system.pieces.get(at)?.start?)?;
        boot.dead_start(self.system.events)
    }

    /// Does System say of the boot right before this one what Security says of that one?
    fn precedes(&self, lsass: usize, kernel: usize) -> bool {
        let lies = |distance: Span, (low, high): (Span, Span)| low <= distance && distance <= high;
        let Some(own) = self.lsass.get(lsass) else { return false };
        let words = || {
            let boot = self.system.starts.get(self.system.pieces.get(kernel)?.start?)?;
            let words = system_boots::last_words(self.system.events, self.system.starts, boot)?;
            Some(words.since(self.security.pieces.get(lsass)?.stop?))
        };
        let dead = || Some(own.start?.since(self.dead_start(kernel)?));
        words().is_some_and(|distance| lies(distance, LAST_WORDS))
            || dead().is_some_and(|distance| lies(distance, DEAD_START))
    }
}

/// Which of two pieces comes first.
struct Order {
    security_first: bool,
    /// Nothing but the clock says so, which may have been wrong.
    by_clock: bool,
}

/// The boots so far, and the pieces that have found theirs.
struct Laid<'a> {
    table: &'a Table<'a>,
    boots: Vec<Pair>,
    security: Vec<usize>,
    system: Vec<usize>,
}

impl Laid<'_> {
    /// What no tie holds, before these two pieces.
    fn between(&mut self, security: usize, system: usize) {
        loop {
            let (one, other) = (self.security.len(), self.system.len());
            match (one < security, other < system) {
                (false, false) => return,
                (true, false) => self.security_alone(),
                (false, true) => self.system_alone(),
                (true, true) => {
                    let known = self.boots.len();
                    let order = self.order(one..security, other);
                    match order.security_first {
                        true => self.security_alone(),
                        false => self.system_alone(),
                    }
                    if let Some(boot) = self.boots.get_mut(known) {
                        boot.by_clock = order.by_clock;
                    }
                }
            }
        }
    }

    /// Which of the next pieces of both channels comes first?
    fn order(&self, one: std::ops::Range<usize>, other: usize) -> Order {
        let table = self.table;
        let known = |security_first| Order { security_first, by_clock: false };
        // What begins no boot stays with what is before it in its own channel.
        if !table.is_new(one.start) {
            return known(true);
        }
        let last_is_system = other.checked_sub(1).is_some_and(|at| {
            self.system.get(at).is_some_and(|number| *number == self.boots.len())
        });
        if table.goes_on(other) || (table.follows(other) && last_is_system) {
            return known(false);
        }
        const FEW: usize = 16;
        if one.clone().take(FEW).any(|at| table.precedes(at, other)) {
            return known(true);
        }
        let begin = |moments: &[Moments], pieces: &[Piece], at: usize| {
            let own = moments.get(at).and_then(|m| m.begin);
            own.or_else(|| pieces.get(at).map(|piece| piece.first))
        };
        let security_first = begin(&table.lsass, &table.security.pieces, one.start)
            <= begin(&table.kernels, &table.system.pieces, other);
        Order { security_first, by_clock: true }
    }

    fn begin(&mut self, security: Option<SecurityStart>, system: Option<SystemBoot>) -> usize {
        self.boots.push(Pair { security, system, by_clock: false });
        self.boots.len()
    }

    fn security_alone(&mut self) {
        let own = self.own_security(self.security.len());
        let at = self.security.len();
        let number = match own {
            Some(start) => self.begin(Some(start), None),
            // Before the first known boot there may be any.
            None if self.table.is_new(at) && !self.boots.is_empty() => {
                let start = self.silent_start(at, StartMark::Unmarked);
                self.begin(start, None)
            }
            None => self.security.last().copied().unwrap_or(0),
        };
        self.security.push(number);
    }

    fn system_alone(&mut self) {
        let at = self.system.len();
        let last = self.system.last().copied();
        let number = match self.own_system(at) {
            Some(boot) => self.begin(None, Some(boot)),
            None if self.table.goes_on(at) => last.unwrap_or(0),
            None => {
                // It goes on with the last boot, whoever shows that, unless it is over.
                let (pieces, known) = match last == Some(self.boots.len()) {
                    true => (&self.table.system.pieces, at),
                    false => (&self.table.security.pieces, self.security.len()),
                };
                let before = known.checked_sub(1).and_then(|at| pieces.get(at));
                match self.table.is_after(before.and_then(|piece| piece.stop), at) {
                    true => self.begin(None, self.silent_system(at)),
                    false => self.boots.len(),
                }
            }
        };
        self.system.push(number);
    }

    fn own_security(&self, at: usize) -> Option<SecurityStart> {
        let side = self.table.security;
        side.starts.get(side.pieces.get(at)?.start?).cloned()
    }

    fn own_system(&self, at: usize) -> Option<SystemBoot> {
        let side = self.table.system;
        side.starts.get(side.pieces.get(at)?.start?).cloned()
    }

    /// Two pieces of one boot. Either may be there already, with another piece of the other channel.
    fn tied(&mut self, one: usize, other: usize) {
        let known = |numbers: &[usize], at: usize| numbers.get(at).copied();
        let number = match (known(&self.security, one), known(&self.system, other)) {
            (Some(number), _) | (_, Some(number)) => number,
            (None, None) => {
                let (security, system) = (self.own_security(one), self.own_system(other));
                if security.is_some() || system.is_some() {
                    self.begin(security, system)
                } else {
                    let last = [self.security.last(), self.system.last()];
                    last.into_iter().flatten().copied().max().unwrap_or(0)
                }
            }
        };
        if self.security.len() == one {
            self.security.push(number);
            let silent = self.silent_start(one, StartMark::SystemLog);
            if let Some(boot) = number.checked_sub(1).and_then(|at| self.boots.get_mut(at))
                && boot.security.is_none()
            {
                boot.security = silent;
            }
        }
        if self.system.len() == other {
            self.system.push(number);
        }
    }

    /// The boot began before the first record that System has of it: only that shows that it was.
    fn silent_system(&self, at: usize) -> Option<SystemBoot> {
        let index = self.table.first(at)?;
        Some(SystemBoot { index, ..SystemBoot::default() })
    }

    /// The boot began before the first record that Security has of it.
    fn silent_start(&self, at: usize, mark: StartMark) -> Option<SecurityStart> {
        let index = self.table.security.pieces.get(at)?.range.start;
        // Only that record shows that a boot was; the other channel has better.
        let evidence = if mark == StartMark::Unmarked { vec![index] } else { Vec::new() };
        Some(SecurityStart { index, from: index, mark, evidence, dropped: None })
    }
}
