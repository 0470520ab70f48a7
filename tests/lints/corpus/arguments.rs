//! Arguments of the attributes.

#![allow(
    clippy::implicit_return,
    reason = "the closures in the attributes have none"
)]

use std::fmt::Debug;

/// A customer.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    /// Name.
    pub name: String,
    /// Age.
    pub age: u32,
}

/// Tags, used in the body too.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(
        "tags",
        tags(
            value,
            name = customer.name,
            all = ?customer,
            text = %text,
            card = secret(card),
        )
    )
)]
pub fn tags(value: u32, customer: Customer, text: &str, card: &str, unused: u32) -> u32 {
    let local = 1_u32;
    drop((customer, text, card));
    return value;
}

/// Tags, used in the body too.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(
        tags(
            value,
            name = customer.name,
            all = ?customer,
            text = %text,
            card = secret(card),
        )
    )
)]
pub fn tags_fallible(
    value: u32,
    customer: Customer,
    text: &str,
    card: &str,
    unused: u32,
) -> Result<u32, String> {
    let local = 1_u32;
    drop((customer, text, card));
    return Ok(value);
}

/// Tags, used in the body too.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(
        tags(
            value,
            name = customer.name,
            all = ?customer,
            text = %text,
            card = secret(card),
        )
    )
)]
pub async fn tags_async(
    value: u32,
    customer: Customer,
    text: &str,
    card: &str,
    mut unused: u32,
) -> Result<u32, String> {
    let local = 1_u32;
    drop((customer, text, card));
    return Ok(value);
}

/// Tags of anything.
#[cfg_attr(feature = "traced", trace_core::traced(
    service = customer.name,
    kind = client,
    tags(
        first = customer.name.chars().next().map(String::from),
        size = customer.name.len(),
        list = list.len(),
    )
))]
pub async fn expressions(value: u32, customer: &Customer, list: &[u32]) -> u32 {
    return value + customer.age + list[0];
}

/// Tags of generic values.
#[cfg_attr(feature = "traced", trace_core::traced(tags(value = ?value)))]
pub fn generic<T: Debug + Clone>(value: T) -> Result<T, String> {
    let copy = value.clone();
    return Ok(copy);
}

/// Tags of a future.
#[cfg_attr(feature = "traced", trace_core::traced(tags(value, text)))]
pub fn future(value: u32, text: &str, unused: u32) -> impl Future<Output = u32> + use<'_> {
    let local = 1_u32;
    async move {
        drop(text);
        return value;
    }
}

/// Tags of the returned value.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(tags(count = |list: &Vec<u32>| list.len(), value))
)]
pub fn of_return(value: u32, unused: u32) -> Vec<u32> {
    let local = 1_u32;
    return vec![value];
}

/// Tags of the returned value.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(tags(count = |list: &Vec<u32>| list.len(), value))
)]
pub async fn of_return_async(value: u32, unused: u32) -> Vec<u32> {
    let local = 1_u32;
    return vec![value];
}

/// Expected errors.
#[cfg_attr(feature = "traced", trace_core::traced(err(|error: &String| error.len() > 1)))]
pub fn expected(value: u32, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return Ok(value.count_ones().max(value));
}

/// Expected errors.
#[cfg_attr(feature = "traced", trace_core::traced(err(|error: &String| error.len() > 1)))]
pub async fn expected_async(mut value: u32, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return Ok(value);
}

/// No look at errors.
#[cfg_attr(feature = "traced", trace_core::traced(err = off))]
pub fn off(value: u32, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return Ok(value);
}

/// No log.
#[cfg_attr(feature = "traced", trace_core::traced(err = status))]
pub async fn status(value: u32, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return Ok(value);
}

/// A root.
#[cfg_attr(feature = "traced", trace_core::trace_root("root", kind = server, tags(value)))]
pub async fn root(value: u32, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return Ok(value);
}

/// A root.
#[cfg_attr(feature = "traced", trace_core::trace_root(kind = server))]
pub fn root_sync(value: u32, unused: u32) -> u32 {
    let local = 1_u32;
    return value;
}

/// Tags of patterns.
#[cfg_attr(feature = "traced", trace_core::traced(tags(left, right = right)))]
pub async fn patterns((left, right): (u32, u32), unused: u32) -> u32 {
    let local = 1_u32;
    return left + right;
}

impl Customer {
    /// May be one at compile time.
    #[cfg_attr(feature = "traced", trace_core::traced(skip))]
    pub fn is_old(&self) -> bool {
        return self.age > 99;
    }

    /// Tags of `self`.
    #[cfg_attr(
        feature = "traced",
        trace_core::traced(service = self.name, tags(age = self.age, name = self.name.as_str()))
    )]
    pub async fn method(&self, unused: u32) -> Result<u32, String> {
        let local = 1_u32;
        return Ok(self.age);
    }

    /// Tags of `self`.
    #[cfg_attr(feature = "traced", trace_core::traced(tags(age = self.age, name = self.name)))]
    pub fn consuming(self, unused: u32) -> Self {
        let local = 1_u32;
        return self.clone();
    }
}

/// Expressions that are looked at once, at the call.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(
        parent = customer.parent(),
        links(customer.parent()),
        tags(age = customer.age),
    )
)]
pub async fn origin(customer: Customer, unused: u32) -> u32 {
    let local = 1_u32;
    return customer.age;
}

/// Expressions that are looked at once, at the call.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(root, remote = customer.parent(), trust = trace_core::Trust::Restart)
)]
pub fn origin_fallible(customer: Customer, unused: u32) -> Result<u32, String> {
    let local = 1_u32;
    return customer.name.parse().map_err(|_error| String::new());
}

impl Customer {
    /// Where it comes from.
    #[cfg_attr(feature = "traced", trace_core::traced(skip))]
    pub fn parent(&self) -> Option<trace_core::TraceContext> {
        return None;
    }
}

/// A type without a name, which the function of the returned value looks at.
#[cfg_attr(feature = "traced", trace_core::traced(tags(size = |list| list.size_hint().0)))]
pub fn unnamed(value: u32, unused: u32) -> impl Iterator<Item = u32> {
    vec![value].into_iter()
}
