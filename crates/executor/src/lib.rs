//! One call of a tool: [`render`] makes the request, [`send`] puts the credential in and sends it, [`shape`] reads
//! the answer. Rendering and shaping are pure. The crate does not see the database and chooses no credential.

mod example;
mod render;
mod retry_after;
mod send;
mod shape;

pub use example::check_example;
pub use render::{RenderError, render};
pub use retry_after::retry_after;
pub use send::{Answer, CallError, Credential, send};
pub use shape::{Failure, Malformed, shape};

use catalog::{Tool, Toolkit};
use expression::Variables;

/// What is called, and with what. The arguments in `variables` are already accepted by the tool's parameters.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub toolkit: &'a Toolkit,
    pub tool: &'a Tool,
    pub variables: &'a Variables,
}
