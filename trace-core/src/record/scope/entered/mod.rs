//! The scopes that a thread has entered, and the entered spans within them.
//!
//! This part of the thread's state is not used for every span. It is borrowed only while this
//! crate's own code runs. `on_thread.rs` explains why this is safe, and the rules for it.
//!
//! - `pile`, `entered_scope`, `stack`: the data.
//! - `on_thread`: the stack of this thread.
//! - `enter_scope`, `leave_scope`: change the top of the stack.
//! - `left_scopes`, `span_visits`, `suspended`: entered spans, including those left out of
//!   order.
//! - `current`, `hand_over`, `still_open`: use the stack.
//!
//! The entries of a scope are in `recording`. This folder does not know their meaning.

mod current;
mod enter_scope;
mod entered_scope;
mod hand_over;
mod leave_scope;
mod left_scopes;
mod on_thread;
mod pile;
mod span_visits;
mod stack;
#[cfg(feature = "testing")]
mod still_open;
mod suspended;

pub(in crate::record) use current::{
    context, context_of_call, count_unattached, current_trace, current_trace_and_baggage,
    current_unsampled, is_paused, lend_trace, note_call, now, number_and_time, trace_id,
};
pub(crate) use current::{
    current_tracer, living_tracer, start_passed_on, with_baggage, with_tracer,
};
pub(in crate::record) use enter_scope::{enter_scope, enter_visit};
#[cfg(feature = "testing")]
pub(crate) use hand_over::hand_over_ended;
pub(crate) use hand_over::{count_stage, hand_over, hand_over_all};
pub(in crate::record) use hand_over::{move_stage, push_texts};
pub(in crate::record) use leave_scope::{leave_scope, leave_scope_for_good, leave_visit};
pub(in crate::record) use left_scopes::trace_of_left_scope;
pub(in crate::record) use on_thread::{forget_in_child, with_running_scope};
pub(in crate::record) use span_visits::{
    LeftVisit, enter_span, is_visit_of, leave_span, note_open_within, order_after_others,
    set_visitor, trace_of_visit,
};
pub(in crate::record) use suspended::{close_suspended, end_suspended_visit, suspend_below};
