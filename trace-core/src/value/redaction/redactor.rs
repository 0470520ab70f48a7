//! The trait by which a tracer asks what to replace.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::REDACTED;
use super::secret_names::is_secret_key;

/// Decides which texts of a span are replaced before any collector gets the span.
///
/// It is called on the tracer's thread (of an
/// [`on_demand`](crate::TracerBuilder::on_demand) tracer, on the thread that flushes), so a slow
/// redactor delays no request, but delivery. What it calls is not traced.
///
/// If it panics, [`REDACTED`] takes the place of the whole text, and `diagnostics` says so once.
/// A key for which `redact_key` panics counts as one that says
/// [`Replace`](KeyVerdict::Replace).
pub trait Redactor: Send + Sync {
    /// Decides about the strings under a key: of a tag, of a field of a log, or of a tag of a
    /// link.
    ///
    /// The tracer keeps the answer, so it must be the same each time. Default:
    /// [`Replace`](KeyVerdict::Replace) for the keys of [`is_secret_key`],
    /// [`Scan`](KeyVerdict::Scan) for all others.
    fn redact_key(&self, key: &str) -> KeyVerdict {
        if is_secret_key(key) {
            KeyVerdict::Replace
        } else {
            KeyVerdict::Scan
        }
    }

    /// Returns whether [`redact_key`](Self::redact_key) says
    /// [`ReplaceAll`](KeyVerdict::ReplaceAll) of any key. The tracer asks once, when it is
    /// built. Default: `false`, and no number is looked at.
    fn sees_numbers(&self) -> bool {
        false
    }

    /// Returns the text without its secrets; `None` if it has none.
    ///
    /// It is called for nearly each text, so it should return quickly if there is nothing to
    /// replace. The answer must depend on the text alone: the tracer may keep it.
    fn redact_text(&self, text: &str) -> Option<String>;

    /// Returns what takes the place of a string whose key says
    /// [`Replace`](KeyVerdict::Replace). Default: [`REDACTED`].
    fn replace_value(&self, key: &str, value: &str) -> Cow<'static, str> {
        let _ = (key, value);
        Cow::Borrowed(REDACTED)
    }
}

/// What happens to the strings under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyVerdict {
    /// They stay as they are.
    Keep,
    /// [`Redactor::redact_text`] decides about each.
    Scan,
    /// [`Redactor::replace_value`] replaces each.
    Replace,
    /// The same, and numbers and booleans, which it gets as text, become texts too. Needs
    /// [`Redactor::sees_numbers`].
    ReplaceAll,
}

macro_rules! forward_redactor {
    ($($pointer:ty),*) => {$(
        impl<R: Redactor + ?Sized> Redactor for $pointer {
            fn redact_key(&self, key: &str) -> KeyVerdict {
                (**self).redact_key(key)
            }

            fn sees_numbers(&self) -> bool {
                (**self).sees_numbers()
            }

            fn redact_text(&self, text: &str) -> Option<String> {
                (**self).redact_text(text)
            }

            fn replace_value(&self, key: &str, value: &str) -> Cow<'static, str> {
                (**self).replace_value(key, value)
            }
        }
    )*};
}

forward_redactor!(&R, Box<R>, Arc<R>);

/// `None` keeps everything.
impl<R: Redactor> Redactor for Option<R> {
    fn redact_key(&self, key: &str) -> KeyVerdict {
        let redactor = self.as_ref();
        redactor.map_or(KeyVerdict::Keep, |redactor| redactor.redact_key(key))
    }

    fn sees_numbers(&self) -> bool {
        self.as_ref().is_some_and(Redactor::sees_numbers)
    }

    fn redact_text(&self, text: &str) -> Option<String> {
        self.as_ref()?.redact_text(text)
    }

    fn replace_value(&self, key: &str, value: &str) -> Cow<'static, str> {
        match self {
            Some(redactor) => redactor.replace_value(key, value),
            None => Cow::Borrowed(REDACTED),
        }
    }
}

/// Keeps everything.
impl Redactor for () {
    fn redact_key(&self, _key: &str) -> KeyVerdict {
        KeyVerdict::Keep
    }

    fn redact_text(&self, _text: &str) -> Option<String> {
        None
    }
}

/// Makes a redactor from a closure, which gets each text. The values of
/// [secret keys](is_secret_key) are replaced without a call.
///
/// ```
/// use trace_core::redaction::{Redactor, redactor_fn};
///
/// let redactor = redactor_fn(|text| text.contains("@").then(|| "somebody".to_owned()));
/// assert_eq!(redactor.redact_text("ann@shop.example").as_deref(), Some("somebody"));
/// ```
pub fn redactor_fn<F>(redact_text: F) -> RedactorFn<F>
where
    F: Fn(&str) -> Option<String> + Send + Sync,
{
    RedactorFn(redact_text)
}

/// A redactor that calls a closure; made by [`redactor_fn`].
#[derive(Clone, Copy)]
pub struct RedactorFn<F>(F);

impl<F: Fn(&str) -> Option<String> + Send + Sync> Redactor for RedactorFn<F> {
    fn redact_text(&self, text: &str) -> Option<String> {
        (self.0)(text)
    }
}

impl<F> fmt::Debug for RedactorFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactorFn(..)")
    }
}
