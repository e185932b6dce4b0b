//! Identifiers as types, so that no function takes a user for an app. The store makes none; the engine does.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// `app_...`
    AppId
);
id!(
    /// `key_...`, the public id of an API key; never the key.
    KeyId
);
id!(
    /// `ac_...`
    AuthConfigId
);
id!(
    /// `cr_...`, unguessable: whoever has it may open the connect page.
    ConnectRequestId
);
id!(
    /// `ca_...`
    AccountId
);
id!(
    /// `ex_...`
    ExecutionId
);
id!(
    /// The app's own id of one of its users.
    UserId
);
