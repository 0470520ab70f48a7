//! The tags that a root has before it begins.
//!
//! Gives a sampler access to these tags. The builder and its caller store them.

use std::borrow::Cow;
use std::fmt;

use crate::value::{TagInput, TagSource, TagValue};

/// The tags that are known when a trace starts: those of the
/// [root's builder](crate::RootBuilder::tag).
///
/// Tags of attributes are not included, because they are evaluated only if the trace is
/// recorded.
///
/// ```
/// use trace_core::{Tracer, sampler_fn};
///
/// let sampler = sampler_fn(|input| {
///     let path = input.tags.text("url.path").unwrap_or_default();
///     (!path.starts_with("/internal/")).into()
/// });
/// let tracer = Tracer::builder("shop").sampler(sampler).on_demand().build()?;
/// let request = |path: &'static str| {
///     let span = tracer.root("GET").tag("url.path", path).start();
///     span.is_recording()
/// };
/// assert!(request("/orders") && !request("/internal/ready"));
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct SamplingTags<'a> {
    kept: &'a [(Cow<'static, str>, TagValue)],
    borrowed: &'a [(&'a str, &'a dyn TagSource)],
}

impl<'a> SamplingTags<'a> {
    /// No tags.
    pub const NONE: Self = Self {
        kept: &[],
        borrowed: &[],
    };

    /// Makes tags for a test of your own sampler.
    ///
    /// ```
    /// use trace_core::{SamplingTags, TagSource};
    ///
    /// let tags: [(&str, &dyn TagSource); 1] = [("http.request.method", &"GET")];
    /// let tags = SamplingTags::new(&tags);
    /// assert_eq!(tags.text("http.request.method").as_deref(), Some("GET"));
    /// ```
    #[must_use]
    pub const fn new(tags: &'a [(&'a str, &'a dyn TagSource)]) -> Self {
        Self {
            kept: &[],
            borrowed: tags,
        }
    }

    /// Adds the tags that a builder stores, before those that are passed at the start.
    pub(crate) const fn with_kept(self, kept: &'a [(Cow<'static, str>, TagValue)]) -> Self {
        Self { kept, ..self }
    }

    /// Returns the value of a tag, or `None` if there is no such tag. If several tags have the
    /// same key, returns the value of the last one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<TagInput<'a>> {
        let tags = self.iter().filter(|(name, _)| *name == key);
        tags.map(|(_, value)| value).last()
    }

    /// Returns the value of a tag as text; `None` if there is no such tag, or its value is an
    /// array.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = match self.get(key)? {
            TagInput::Str(text) => return Some(text.into()),
            TagInput::Value(TagValue::String(text)) => return Some((&**text).into()),
            value => value.to_value()?,
        };
        match value {
            TagValue::Bool(value) => Some(value.to_string().into()),
            TagValue::I64(value) => Some(value.to_string().into()),
            TagValue::F64(value) => Some(value.to_string().into()),
            TagValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the tags in the order in which they were added. A key can occur more than once.
    /// Then the last value counts.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, TagInput<'a>)> {
        let kept = self.kept.iter();
        let kept = kept.map(|(key, value)| (&**key, TagInput::Value(value)));
        let borrowed = self.borrowed.iter();
        let borrowed = borrowed.map(|(key, value)| (*key, value.tag_input()));
        kept.chain(borrowed.filter(|(_, value)| !matches!(value, TagInput::None)))
    }
}

impl fmt::Debug for SamplingTags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
