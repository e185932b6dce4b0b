//! Rendering and shaping from outside: the recorded examples of every tool, and what hostile input becomes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod answers;
mod descriptions;
mod encoders;
mod examples;
mod refusals;
mod scopes;
mod steps;
