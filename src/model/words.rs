//! The words that can be in a column of the tables. One table per column holds each word with
//! its meaning; `docs/outputs.md` is made from the same tables.

/// Makes an enum from a table of words and their meanings, without [`Display`](std::fmt::Display).
/// The comment of a value is its meaning in `docs/outputs.md` too.
macro_rules! word_table {
    (
        $(#[doc = $doc:literal])+
        $name:ident {
            $($(#[doc = $meaning:literal])+ $variant:ident $(($number:ty))? = $word:expr,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $meaning])+ $variant $(($number))?,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[$name] = &[$($name::$variant $((<$number>::MIN))?,)+];

            /// The word in the tables.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant { .. } => $word,)+ }
            }

            /// What the word means, as `docs/outputs.md` has it.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $($name::$variant { .. } => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }

        /// As its word.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }
    };
}

/// A [`word_table`] whose values print as their word.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident { $($values:tt)+ }) => {
        $crate::model::words::word_table! { $(#[doc = $doc])+ $name { $($values)+ } }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::model::append::AppendText for $name {
            fn append_to(&self, out: &mut Vec<u8>) {
                self.word().append_to(out);
            }
        }

        /// From its word.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(from)?;
                let value = $name::ALL.iter().copied().find(|value| value.word() == word);
                value.ok_or_else(|| serde::de::Error::custom(format_args!("{word} is not known")))
            }
        }
    };
}

pub(super) use {word_table, words};
