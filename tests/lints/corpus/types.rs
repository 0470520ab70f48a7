//! Methods and traits.

use std::pin::Pin;
use std::sync::Arc;

/// Has methods.
#[derive(Debug, Default)]
pub struct Thing {
    value: u32,
    never_read: String,
}

impl Thing {
    /// Makes one.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn new(value: u32) -> Self {
        Thing {
            value,
            never_read: String::new(),
        }
    }

    /// Uses no `self`.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn no_self(&self, value: u32) -> u32 {
        value
    }

    /// Uses no `self`.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn no_self_async(&self, value: u32) -> u32 {
        value
    }

    /// Uses no `self`.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn no_self_fallible(&mut self, value: u32) -> Result<u32, String> {
        Ok(value)
    }

    /// Need not be `mut`.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn not_mutable(mut self, amount: u32) -> Self {
        self
    }

    /// Need not be `&mut`.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn not_exclusive(&mut self) -> u32 {
        self.value
    }

    /// A getter.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn get_value(&self) -> &u32 {
        &self.value
    }

    /// A name for something else.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn into_value(&self) -> u32 {
        self.value
    }

    /// A name for something else.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn to_thing(self) -> Result<Self, String> {
        Ok(self)
    }

    /// Could be a trait's.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self::new(text.len() as u32))
    }

    /// Builds.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn with_value(mut self, value: u32) -> Self {
        self.value = value;
        self
    }

    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn never_called(&self) -> u32 {
        self.value
    }

    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn never_called_async(self: Arc<Self>) -> Result<u32, String> {
        Ok(self.value)
    }

    /// Recursion.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn recursion(&self, value: u32) -> u32 {
        self.recursion(value + 1)
    }

    /// A receiver by its type.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn typed(self: &Self) -> u32 {
        self.value
    }

    /// A receiver that is pinned.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn pinned(self: Pin<&mut Self>, unused: u32) -> u32 {
        self.value
    }
}

/// Has default bodies.
pub trait Defaults {
    /// Ignores its argument.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn sync(&self, ignored: u32) {}

    /// Ignores its argument.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn fallible(&self, ignored: u32) -> Result<(), String> {
        Ok(())
    }

    /// Returns a future.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn future(&self, ignored: u32) -> impl Future<Output = u32> {
        async { 1 }
    }

    /// May end early.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn early(&self, mut ignored: u32, text: &str) -> Result<u32, String> {
        Ok(text.parse().map_err(|_| "no number")?)
    }

    /// Returns a future.
    fn required(&self) -> impl Future<Output = u32> + Send;

    /// Is a required method.
    fn number(&self) -> impl Iterator<Item = u32>;

    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn undocumented(&self) -> u32 {
        return 1;
    }
}

impl Defaults for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn required(&self) -> u32 {
        let unused = 1;
        return self.value;
    }

    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn number(&self) -> std::vec::IntoIter<u32> {
        vec![self.value].into_iter()
    }
}

impl Clone for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn clone(&self) -> Self {
        self.clone()
    }
}

impl PartialEq for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn eq(&self, other: &Self) -> bool {
        self == other
    }
}

impl Drop for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn drop(&mut self) {
        let unused = 1;
    }
}

impl std::str::FromStr for Thing {
    type Err = String;

    #[cfg_attr(feature = "traced", trace_core::traced)]
    fn from_str(text: &str) -> Result<Self, String> {
        let unused = text;
        return Ok(Self::new(text.len() as u32));
    }
}

/// Is async by attribute.
#[async_trait::async_trait]
pub trait ByAttribute {
    /// Has a body.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn default_body(&self, value: u32) -> u32 {
        return value;
    }

    /// Has none.
    async fn required(&self, value: u32, text: String) -> Result<u32, String>;
}

#[async_trait::async_trait]
impl ByAttribute for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn required(&self, mut value: u32, text: String) -> Result<u32, String> {
        let unused = self.value;
        if value == 1 {
            return Err("one".to_string());
            drop(value);
        }
        return Ok(value);
    }
}

/// Is async by attribute, on one thread.
#[async_trait::async_trait(?Send)]
pub trait ByAttributeLocal {
    /// Has none.
    async fn required(&mut self, value: u32) -> u32;
}

#[async_trait::async_trait(?Send)]
impl ByAttributeLocal for Thing {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn required(&mut self, value: u32) -> u32 {
        let mut unneeded = 1;
        unneeded
    }
}
