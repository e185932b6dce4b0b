//! Auth schemes as pure functions: they build requests, read answers and put credentials into requests, as a
//! toolkit's manifest declares. They do not send, sleep or read the clock.

pub mod client_credentials;
pub mod oauth2;
mod placement;
pub mod revocation;
mod token_response;
mod typed;

pub use placement::{PlacementError, place};
pub use token_response::{IssuedToken, TokenError, TokenErrorClass, TokenResponse, read_token_response};
pub use typed::{TypedProblem, accept_fields};

use secrecy::SecretString;

/// An OAuth client: the app's own or the instance's.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    pub id: &'a str,
    pub secret: Option<&'a SecretString>,
}
