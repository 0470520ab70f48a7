//! Attributes on whole blocks.

/// Has methods.
#[derive(Debug, Clone, Copy)]
pub struct Shop;

#[cfg_attr(feature = "traced", trace_core::traced(service = "shop"))]
impl Shop {
    /// An associated constant.
    pub const SIZE: usize = 1;

    /// Ignores its arguments.
    pub async fn open(&self, door: u32, mut key: u32) -> u32 {
        let unused = 1;
        return key;
    }

    /// May fail.
    pub fn close(&self, door: u32) -> Result<u32, String> {
        let mut unneeded = Self::SIZE;
        if unneeded == 1 {
            return Err("one".to_string());
            drop(door);
        }
        Ok(1)
    }

    pub fn undocumented(&self) -> String {
        ("text".to_owned())
    }

    fn never_called(&self) {
        drop("text".to_owned());
    }

    /// Calls itself.
    pub fn recursion(&self) -> u32 {
        self.recursion() + 1
    }
}

/// Has default bodies.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub trait Counter {
    /// Has none.
    fn required(&self, value: u32) -> u32;

    /// Ignores its arguments.
    fn count(&self, ignored: u32, _underscored: u32) -> u32 {
        let unused = 1;
        return 1;
    }

    /// May fail.
    fn count_fallible(&self, ignored: u32) -> Result<u32, String> {
        let unused = 1;
        return Ok(1);
    }

    /// Returns a future.
    fn future(&self, ignored: u32) -> impl Future<Output = u32> + Send {
        async {
            let unused = 1;
            2
        }
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
impl Counter for Shop {
    fn required(&self, value: u32) -> u32 {
        let mut unneeded = 1;
        return unneeded;
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
mod inside {
    //! A module.

    use std::collections::HashMap;

    pub fn unreachable_pub(argument: u32) -> u32 {
        let unused = 1;
        return 1;
    }

    pub(super) async fn fallible(argument: u32) -> Result<u32, String> {
        let value = { 1 };
        return Ok(value);
    }

    static Lower: u32 = 1;

    struct NeverBuilt {
        field: u32,
    }

    impl NeverBuilt {
        async fn method(&self) -> u32 {
            self.field
        }
    }

    #[derive(Debug, Clone)]
    pub(super) struct Generic<T>(T);

    impl<T: Clone> Generic<T> {
        pub fn get<'a>(&'a self, f: &mut std::fmt::Formatter) -> Result<T, std::fmt::Error> {
            f.write_str("text")?;
            return Ok(self.0.clone());
        }
    }
}
