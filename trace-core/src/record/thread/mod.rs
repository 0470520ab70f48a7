//! The thread: its position, and its stage, in which entries wait to be moved to a chunk.
//!
//! This state is one [`Block`] of cells, which `block.rs` owns. Each of the other files has
//! one subject:
//!
//! - the thread's position: `position`
//! - the stage: `stage`, `drain`, `short_text`
//! - entries that need neither the scope nor the tracer: `at_once`
//! - the numbers of scopes and spans, the lent trace, the limit for texts: `numbers`,
//!   `lent_trace`, `text_limit`
//! - code that is not recorded: `paused`, `quietly`, `curiosity`
//!
//! This folder does not know which scopes are entered, or what an entry means. The other
//! folders of `record` use the block through the functions that are listed here.

mod at_once;
mod block;
mod curiosity;
mod drain;
mod failed_child;
mod in_child;
mod lent_trace;
mod numbers;
mod paused;
mod position;
mod quietly;
mod short_text;
mod stage;
mod text_limit;

pub(in crate::record) use at_once::{close_newest, push_error, push_named_text, push_named_word};
pub(in crate::record) use block::{Block, STAGE, TEXT_STAGE, with_block};
pub(in crate::record) use curiosity::{is_curious, note_useful_look, note_vain_look};
pub(in crate::record) use drain::{FEW, discard_stage, drain, drain_texts, staged, staged_sizes};
pub(in crate::record) use failed_child::{has_failed_child, note_failed_child, note_message_of};
pub(in crate::record) use in_child::forget_in_child;
pub(in crate::record) use lent_trace::{
    drop_lent_trace, give_back_trace, lend_trace, take_lent_trace,
};
pub(in crate::record) use numbers::{draw_id, new_scope};
pub use paused::Paused;
pub(crate) use paused::is_quiet;
pub(in crate::record) use position::{
    Position, begin_visit, go_to, is_plain, own_span, plain, position, scope, set_span, span,
};
pub(crate) use quietly::{PANICKED, kept_tag, quietly, tag_input};
pub(in crate::record) use short_text::{BEHIND, copy_text};
pub(in crate::record) use stage::{
    MAX_STAGED_TEXT, forget_newest, has_room, hold_trace_open, is_stage_empty, note_opening,
    push_text, put, put_end, put_word, release_trace, used_text, used_words,
};
pub(in crate::record) use text_limit::{known_text_limit, note_text_limit};
