//! Finds an async block at the end of a body.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::may_exit_early;
use super::uses::{by_first_place, surely_uses};
use crate::tokens::{group, is_punct, is_word};

/// A block that ends with an async block, bare or in `Box::pin(..)`.
pub(crate) struct AsyncTail {
    body: Group,
    /// The tokens before the async block, and those that box it.
    before: Vec<TokenTree>,
    /// Whether there is more before it than the tokens that box it.
    has_statements: bool,
    boxed: Option<Group>,
    /// `async` or `async move`.
    keywords: Vec<TokenTree>,
    block: Group,
}

impl AsyncTail {
    /// Finds the async block.
    pub(crate) fn find(body: &Group) -> Option<Self> {
        let mut before: Vec<TokenTree> = body.stream().into_iter().collect();
        if let Some((keywords, block)) = take_async_block(&mut before) {
            return starts_statement(&before).then(|| Self {
                body: body.clone(),
                has_statements: !before.is_empty(),
                before,
                boxed: None,
                keywords,
                block,
            });
        }
        let Some(TokenTree::Group(boxed)) = before.pop() else {
            return None;
        };
        if boxed.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let mut inner: Vec<TokenTree> = boxed.stream().into_iter().collect();
        inner.pop_if(|token| is_punct(token, ','));
        let (keywords, block) = take_async_block(&mut inner)?;
        let path = before
            .iter()
            .rev()
            .take_while(|token| matches!(token, TokenTree::Ident(_)) || is_punct(token, ':'))
            .count();
        let (statements, path) = before.split_at(before.len() - path);
        let is_pin = matches!(path, [.., owner, colon, second, pin]
            if is_word(owner, "Box") && is_punct(colon, ':') && is_punct(second, ':') && is_word(pin, "pin"));
        let has_statements = !statements.is_empty();
        (inner.is_empty() && is_pin && starts_statement(statements)).then(|| Self {
            body: body.clone(),
            has_statements,
            before,
            boxed: Some(boxed),
            keywords,
            block,
        })
    }

    /// Returns whether the code before the async block always runs to its end, and whether
    /// its tokens can be taken apart and put together without a change of meaning.
    pub(crate) fn is_simple(&self) -> bool {
        let grouped = self.before.iter().any(|token| {
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::None)
        });
        !grouped && !may_exit_early(self.before.iter().cloned().collect())
    }

    /// Returns whether the async block is in a box.
    pub(crate) fn is_boxed(&self) -> bool {
        self.boxed.is_some()
    }

    /// Returns whether the body is nothing but an `async move {..}`, boxed or not.
    pub(crate) fn is_whole(&self) -> bool {
        !self.has_statements && self.keywords.len() == 2
    }

    /// Returns whether any code of the body runs at the call.
    pub(crate) fn has_statements(&self) -> bool {
        self.has_statements
    }

    /// Returns the parameters of the function that must be mentioned in the async block, in
    /// this order, before code that names the `recorded` parameters; `None` if such code may
    /// not stand in the block.
    ///
    /// It may if the block captures the recorded parameters anyway. Captures drop in the
    /// order of their first occurrence. That order stays the same if all parameters that
    /// occur earlier are mentioned first. A block that uses a field of a `self` that is a
    /// pointer captures the whole `self`.
    pub(crate) fn captured_until(
        &self,
        parameters: &[String],
        recorded: &[String],
        self_is_pointer: bool,
    ) -> Option<Vec<String>> {
        if !self.is_whole() {
            return None;
        }
        let mut captured = by_first_place(&self.block, parameters);
        let last = captured.iter().rposition(|name| recorded.contains(name))?;
        captured.truncate(last + 1);
        let has_all = recorded.iter().all(|name| captured.contains(name));
        let is_sure = captured
            .iter()
            .all(|name| surely_uses(&self.block, name, self_is_pointer && name == "self"));
        (has_all && is_sure).then_some(captured)
    }

    /// Puts the block together again, with another expression for the async block.
    ///
    /// `wrap` gets `async move` and the block.
    pub(crate) fn replace(self, wrap: impl FnOnce(TokenStream, Group) -> TokenStream) -> Group {
        let wrapped = wrap(self.keywords.into_iter().collect(), self.block);
        let mut stream: TokenStream = self.before.into_iter().collect();
        match self.boxed {
            Some(boxed) => stream.extend([group(Delimiter::Parenthesis, wrapped, boxed.span())]),
            None => stream.extend([wrapped]),
        }
        let mut body = Group::new(Delimiter::Brace, stream);
        body.set_span(self.body.span());
        body
    }
}

/// Takes `async {..}` or `async move {..}` off the end.
fn take_async_block(tokens: &mut Vec<TokenTree>) -> Option<(Vec<TokenTree>, Group)> {
    let block = match tokens.last() {
        Some(TokenTree::Group(block)) if block.delimiter() == Delimiter::Brace => block.clone(),
        _ => return None,
    };
    let end = tokens.len() - 1;
    let is = |back: usize, name: &str| {
        let token = end.checked_sub(back).and_then(|index| tokens.get(index));
        token.is_some_and(|token| is_word(token, name))
    };
    let length = if is(1, "async") {
        1
    } else if is(1, "move") && is(2, "async") {
        2
    } else {
        return None;
    };
    tokens.truncate(end);
    let keywords = tokens.split_off(end - length);
    Some((keywords, block))
}

/// Whether a new expression begins after these tokens.
fn starts_statement(before: &[TokenTree]) -> bool {
    match before.last() {
        None => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(_) => false,
    }
}
