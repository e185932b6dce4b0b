//! One call of a tool: [`Progress`] says what is sent next and makes the result, [`render`] makes a request, [`send`]
//! puts the credential in and sends it, [`read`] reads the answer. All but sending is pure. The crate does not see the
//! database and chooses no credential.

mod cut;
mod example;
mod multipart;
mod progress;
mod read;
mod render;
mod retry_after;
mod send;

pub use cut::cut;
pub use example::{check_check_example, check_example};
pub use progress::{Due, Progress, shape};
pub use read::{Failure, Malformed, Reading, read};
pub use render::{RenderError, render};
pub use retry_after::retry_after;
pub use send::{Answer, CallError, Credential, send};
