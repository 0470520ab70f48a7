//! Tests of `trace-bridge`: each face, beside the subscribers that users have.

mod around;
mod carried;
mod current;
mod ends;
mod events;
mod fields;
mod harness;
mod ids;
mod layer;
mod nesting;
mod opentelemetry;
mod random;
mod roots;
mod stacks;
mod unsampled;
