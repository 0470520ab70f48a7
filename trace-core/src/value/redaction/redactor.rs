//! The trait through which a tracer asks what to replace.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::REDACTED;
use super::secret_names::is_secret_key;

/// Decides which texts of a span are replaced before any collector gets the span.
///
/// It is called on the tracer's thread (of an [`on_demand`](crate::TracerBuilder::on_demand)
/// tracer, on the thread that flushes), so a slow redactor delays delivery, but not the
/// application's requests. Code that it calls is not traced.
///
/// If it panics, [`REDACTED`] replaces the whole text, and `diagnostics` reports it once. If
/// `redact_key` panics, the values of that key are [replaced](KeyVerdict::Replace).
pub trait Redactor: Send + Sync {
    /// Decides what happens to the strings under a key. The key belongs to a tag, to a field
    /// of a log, or to a tag of a link.
    ///
    /// The tracer keeps the result, so it must be the same each time. Default:
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
    /// It is called for nearly every text, so it should return quickly if there is nothing to
    /// replace. The result must depend only on the text, because the tracer may keep it.
    fn redact_text(&self, text: &str) -> Option<String>;

    /// Returns the replacement for a string whose key has the verdict
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
    /// [`Redactor::redact_text`] decides about each string.
    Scan,
    /// [`Redactor::replace_value`] returns a replacement for each string.
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

/// Makes a redactor from a closure, which is called with each text. The values of [secret
/// keys](is_secret_key) are replaced without calling it.
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
