//! The catalogue from outside: the embedded toolkits, how they are found, and what a wrong manifest says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod arguments;
mod docs;
mod embedded;
mod manifests;
mod names;
mod templates;
