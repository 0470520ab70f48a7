//! Reads `#[tokio::test(..)]` below `#[traced_test]`.
//!
//! `trace-core` builds the runtime, and so learns of its threads: tasks that the code
//! under test spawns by itself belong to the test.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Lit, Meta, Path};

use crate::item::Item;

/// The runtime that the arguments of `#[tokio::test(..)]` describe.
#[derive(Default)]
pub(super) struct Runtime {
    is_multi_thread: bool,
    /// As many as there are processors, if it is zero.
    worker_threads: usize,
    start_paused: bool,
}

impl Runtime {
    /// The runtime of a function whose only test attribute is `#[tokio::test(..)]`. An
    /// attribute that tokio would refuse, or with arguments that are unknown here, is left
    /// to tokio.
    pub(super) fn from_item(item: &Item) -> Option<Self> {
        if !cfg!(feature = "tokio")
            || item.signature.asyncness.is_none()
            || !item.signature.inputs.is_empty()
        {
            return None;
        }
        let is_test = |outer: &&Attribute| {
            let last = outer.path().segments.last();
            last.is_some_and(|segment| segment.ident == "test")
        };
        let mut tests = item.attributes.iter().filter(is_test);
        let test = tests.next().filter(|_| tests.next().is_none())?;
        is_tokio_test(test.path()).then_some(())?;
        Self::read(&test.meta)
    }

    fn read(meta: &Meta) -> Option<Self> {
        let mut runtime = Self::default();
        let Meta::List(list) = meta else {
            return matches!(meta, Meta::Path(_)).then_some(runtime);
        };
        let mut workers = None;
        let read = list.parse_nested_meta(|argument| {
            let value: Lit = argument.value()?.parse()?;
            let text = match &value {
                Lit::Str(text) => text.value(),
                Lit::Bool(value) => value.value.to_string(),
                Lit::Int(value) => value.base10_digits().to_owned(),
                _ => return Err(argument.error("not known here")),
            };
            let name = argument.path.to_token_stream().to_string();
            match (name.as_str(), text.as_str()) {
                ("flavor", "current_thread") => runtime.is_multi_thread = false,
                ("flavor", "multi_thread") => runtime.is_multi_thread = true,
                ("worker_threads", number) => workers = number.parse().ok(),
                ("start_paused", "true") => runtime.start_paused = true,
                ("start_paused", "false") => runtime.start_paused = false,
                _ => return Err(argument.error("not known here")),
            }
            Ok(())
        });
        runtime.worker_threads = workers.unwrap_or(0);
        let is_possible = if runtime.is_multi_thread {
            workers != Some(0) && !runtime.start_paused
        } else {
            workers.is_none()
        };
        (read.is_ok() && is_possible).then_some(runtime)
    }

    /// Output: `true, 2, false`
    pub(super) fn arguments(&self, at: Span) -> TokenStream {
        let Self {
            is_multi_thread,
            worker_threads,
            start_paused,
        } = self;
        quote_spanned!(at=> #is_multi_thread, #worker_threads, #start_paused)
    }
}

fn is_tokio_test(path: &Path) -> bool {
    let mut words = path.segments.iter().map(|segment| &segment.ident);
    matches!((words.next(), words.next(), words.next()), (Some(first), Some(second), None)
        if first == "tokio" && second == "test")
}

/// Takes the attribute out of a function's header.
pub(super) fn without_attribute(header: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in header {
        let is_attribute = matches!(kept.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#')
            && matches!(&token, TokenTree::Group(group)
                if group.delimiter() == Delimiter::Bracket && names_tokio_test(group.stream()));
        if is_attribute {
            kept.pop();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

fn names_tokio_test(attribute: TokenStream) -> bool {
    let meta = syn::parse2::<Meta>(attribute);
    meta.is_ok_and(|meta| is_tokio_test(meta.path()))
}
