//! The kind of a span: its name, its number and its properties.
//!
//! Owns the table that defines the type. The names of the kinds in another format are defined
//! where that format is read.

use std::fmt;

#[cfg(feature = "serde")]
use super::serialized::variants;

/// Makes the type from one table. To add a kind, add a line to the table.
macro_rules! span_kinds {
    ($($(#[$attribute:meta])* $kind:ident = $number:literal, $name:literal;)*) => {
        /// The role of a span in a call between services. OpenTelemetry uses the same name.
        ///
        /// Source: OpenTelemetry trace API, *SpanKind*.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum SpanKind {
            $($(#[$attribute])* $kind,)*
        }

        #[cfg(feature = "serde")]
        variants!(SpanKind { $($kind = $name,)* });

        impl SpanKind {
            /// All kinds, in the order of their numbers.
            pub const ALL: [Self; [$($number),*].len()] = [$(Self::$kind),*];

            /// Returns the lower-case name: `server`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Returns the number in OTLP, for example 2 for `Server`. In OTLP, 0 means
            /// unspecified.
            ///
            /// Source: opentelemetry-proto, *trace.proto*, `SpanKind`.
            #[must_use]
            pub const fn as_number(self) -> u8 {
                match self {
                    $(Self::$kind => $number,)*
                }
            }

            /// Returns the kind with this number in OTLP; `None` for 0 and unknown numbers.
            ///
            /// ```
            /// use trace_core::SpanKind;
            ///
            /// for kind in SpanKind::ALL {
            ///     assert_eq!(SpanKind::from_number(kind.as_number()), Some(kind));
            /// }
            /// assert_eq!(SpanKind::from_number(0), None);
            /// ```
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

span_kinds! {
    /// Work inside one service.
    #[default]
    Internal = 1, "internal";
    /// Answers a request from another service.
    Server = 2, "server";
    /// Sends a request and waits for its answer.
    Client = 3, "client";
    /// Sends a message and does not wait.
    Producer = 4, "producer";
    /// Processes a message.
    Consumer = 5, "consumer";
}

/// Properties of a kind. The matches have no wildcard, so the compiler requires an arm for
/// each new kind.
impl SpanKind {
    /// Returns whether a span of this kind should have a span of another service below it.
    pub(crate) const fn is_call(self) -> bool {
        match self {
            Self::Client | Self::Producer => true,
            Self::Internal | Self::Server | Self::Consumer => false,
        }
    }

    /// Returns whether a span of this kind is the receiving side of a call.
    pub(crate) const fn is_answer(self) -> bool {
        match self {
            Self::Server | Self::Consumer => true,
            Self::Internal | Self::Client | Self::Producer => false,
        }
    }

    /// Returns whether a span of this kind sends or processes a message. Then no caller waits
    /// for it.
    pub(crate) const fn is_of_message(self) -> bool {
        match self {
            Self::Producer | Self::Consumer => true,
            Self::Internal | Self::Server | Self::Client => false,
        }
    }
}

impl fmt::Display for SpanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
