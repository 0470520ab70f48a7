//! Functions that return a future, with anything before it.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture, ready};
use trace_core::{trace_root, traced};

mod own {
    use std::pin::Pin;

    /// No future.
    pub fn pin<F: Future<Output = u32>>(future: F) -> u32 {
        let _future: Pin<Box<F>> = Box::pin(future);
        1
    }
}

#[traced]
fn own_pin() -> u32 {
    own::pin(async { 1 })
}

/// Types in which functions have lifetimes of their own.
mod functions {
    use super::*;

    #[traced]
    fn gives() -> Box<dyn Fn() -> &'static str> {
        Box::new(|| "a")
    }

    #[traced]
    fn pointer() -> Option<fn() -> &'static str> {
        Some(|| "a")
    }

    #[traced]
    fn gives_futures() -> Box<dyn Fn() -> BoxFuture<'static, u32>> {
        Box::new(|| Box::pin(async { 1 }))
    }

    #[traced]
    fn gives_argument<'a>(text: &'a str) -> Option<Box<dyn Fn() -> &'a str + 'a>> {
        Some(Box::new(move || text))
    }

    #[traced]
    fn takes_argument<'a>(text: &'a str) -> Box<dyn Fn(&'a str) -> &'a str + 'a> {
        Box::new(move |_| text)
    }

    #[traced]
    fn mapped<'a>(list: Vec<&'a str>) -> std::iter::Map<std::vec::IntoIter<&'a str>, fn(&'a str) -> usize> {
        list.into_iter().map(str::len as fn(&'a str) -> usize)
    }

    macro_rules! text {
        ($lifetime:lifetime) => { fn(&$lifetime str) -> &'static str };
    }

    #[traced]
    fn by_macro<'a>(_: &'a str) -> Option<text!('a)> {
        Some(|_| "a")
    }
}

struct Client {
    name: String,
}

impl Client {
    #[traced(tags(path))]
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<String, Box<dyn std::error::Error + Send + Sync>>> {
        let url = format!("{}{path}", self.name);
        async move {
            if url.is_empty() {
                return Err("empty".into());
            }
            Ok(url)
        }
        .boxed()
    }

    #[traced]
    fn early(&self, n: u32) -> Pin<Box<dyn Future<Output = Result<u32, std::io::Error>> + Send + '_>> {
        match n {
            0 => return Box::pin(ready(Ok(0))),
            1 => return Box::pin(async { Err(std::io::Error::other(&*self.name)) }),
            _ => {}
        }
        let Some(less) = n.checked_sub(2) else {
            return ready(Ok(1)).boxed();
        };
        self.early(less)
    }

    #[trace_root]
    fn opaque(self: Arc<Self>, n: u32) -> impl Future<Output = Result<u32, String>> + Send + 'static {
        let this = Arc::clone(&self);
        async move {
            let text = this.name.parse::<u32>().map_err(|error| error.to_string())?;
            Ok(text + n)
        }
    }

    #[traced(tags(n))]
    fn match_opaque(&self, n: u32) -> impl Future<Output = u32> + use<'_> {
        let length = self.name.len() as u32;
        ready(n + length)
    }

    #[traced]
    fn try_opaque(text: &str) -> impl Future<Output = Result<u32, String>> + use<> {
        let parsed = text.parse::<u32>();
        futures_util::future::lazy(move |_| Ok(parsed.map_err(|error| error.to_string())?))
    }

    #[traced]
    fn local(&self) -> LocalBoxFuture<'_, usize> {
        let rc = std::rc::Rc::new(1);
        Box::pin(async move { *rc + self.name.len() })
    }

    #[traced]
    fn opaque_in_box(&self) -> Pin<Box<impl Future<Output = usize>>> {
        if self.name.is_empty() {
            println!("empty");
        }
        Box::pin(async { self.name.len() })
    }

    #[traced]
    fn unit(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async {})
    }

    #[traced]
    fn generic<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, T>>
    where
        T: Clone,
    {
        Box::pin(async move { if true { Ok(value.clone()) } else { Err(value) } })
    }

    #[traced]
    fn nested_impl(&self) -> impl Future<Output = impl Iterator<Item = u32>> {
        async { [1, 2].into_iter() }
    }

    #[traced]
    fn nested_result(&self) -> impl Future<Output = Result<impl Iterator<Item = u32>, String>> {
        async { Ok([1, 2].into_iter()) }
    }
}

type Alias<T> = Pin<Box<dyn Future<Output = Result<T, Box<dyn std::error::Error>>>>>;

#[traced]
fn aliased(fails: bool) -> Alias<u32> {
    let message = "no".to_owned();
    Box::pin(async move {
        if fails {
            return Err(message.into());
        }
        Ok(1)
    })
}

#[traced]
fn recursive(n: u32) -> BoxFuture<'static, u32> {
    Box::pin(async move { if n == 0 { 0 } else { recursive(n - 1).await + 1 } })
}

#[async_trait]
trait Handler {
    async fn handle(&mut self, (a, b): (u32, u32), text: &str) -> Result<u32, Box<dyn std::error::Error>>;
    async fn generic<T: Send + Sync + 'static>(&self, value: T) -> Option<T>;
    async fn nothing(self: Box<Self>);
}

#[async_trait]
impl Handler for Client {
    #[traced(tags(name = self.name, text))]
    async fn handle(&mut self, (a, b): (u32, u32), text: &str) -> Result<u32, Box<dyn std::error::Error>> {
        self.name.push_str(text);
        Ok(self.name.parse::<u32>()? + a + b)
    }
    #[traced]
    async fn generic<T: Send + Sync + 'static>(&self, value: T) -> Option<T> {
        Some(value)
    }
    #[traced]
    async fn nothing(self: Box<Self>) {
        drop(self);
    }
}

fn send<T: Send>(value: T) {
    drop(value);
}

fn main() {
    let mut client = Client { name: String::new() };
    send(client.get("a"));
    send(client.early(1));
    send(Arc::new(Client { name: String::new() }).opaque(1));
    drop((client.match_opaque(1), client.local(), client.opaque_in_box(), client.unit()));
    drop((Client::try_opaque("1"), Client::generic(1), aliased(true), recursive(1)));
    drop((client.nested_impl(), client.nested_result()));
    send(client.handle((1, 2), "a"));
    send(Handler::generic(&client, 1));
    send(Box::new(client).nothing());
}
