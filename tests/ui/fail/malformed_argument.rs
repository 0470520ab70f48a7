use trace_core::traced;

#[traced(kind)]
fn no_value() {}

#[traced(service = )]
fn empty_value() {}

#[traced(kind: server)]
fn wrong_sign() {}

#[traced(tags = (a))]
fn tags_assigned() {}

#[traced(tags())]
fn no_tags() {}

#[traced(err)]
fn err_alone() {}

#[traced(err = on)]
fn err_on() {}

#[traced("op" kind = server)]
fn no_comma() {}

#[traced(= 1)]
fn no_name() {}

#[traced(crate = "trace_core")]
fn crate_in_quotes() {}

#[traced(root = true)]
fn value_of_a_flag() {}

#[traced(skip(id))]
fn skip_of_an_argument(id: u32) {}

#[traced(links)]
fn links_alone() {}

#[traced(links())]
fn no_links() {}

#[traced(links = context)]
fn links_assigned() {}

#[traced(parent)]
fn parent_alone() {}

#[traced(err())]
fn err_of_nothing() {}

#[traced(err(off))]
fn err_in_parentheses() {}

#[traced(err(|a| true, |b| true))]
fn err_of_two() {}

#[traced(err = |error| true)]
fn err_assigned() {}

#[traced(tags(rows = || 1))]
fn no_returned_value() {}

#[traced(root())]
fn parentheses_of_a_flag() {}

#[traced(true)]
fn switched_on() {}

#[traced(kind = SpanKind::Server)]
fn kind_with_path() {}

#[traced(kind = SpanKind::Sever)]
fn unknown_kind_with_path() {}

#[traced(err(|error, more| true))]
fn err_of_two_parameters() -> Result<(), String> {
    Ok(())
}

#[traced(service = self.)]
fn half_an_expression() {}

#[traced(links(a b))]
fn no_comma_in_links() {}

#[traced(root, remote = None)]
fn remote_of_nothing() {}

#[traced(links(None))]
fn links_of_nothing() {}

#[traced(links{context}, err[off])]
fn wrong_braces() {}

#[traced(crate = trace_core::)]
fn half_a_path() {}

#[trace_core::trace_root(skip(id), skip)]
fn skip_of_a_root(id: u32) {}

fn main() {}
