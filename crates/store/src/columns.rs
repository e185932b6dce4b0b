//! Column types that are the same in both databases: times as microseconds, JSON as text, sealed secrets as bytes.

use std::ops::Deref;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};
use vault::Sealed;

/// A point in time with microsecond resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(Timestamp);

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Self {
        // Only fractions of the very last second `Timestamp` knows cannot be counted in microseconds.
        let whole = Timestamp::from_second(timestamp.as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(whole))
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl Deref for Time {
    type Target = Timestamp;

    fn deref(&self) -> &Timestamp {
        &self.0
    }
}

/// A value stored as JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedColumn(pub Sealed);

/// `$name` has the column type of `$column`.
macro_rules! same_type {
    ($name:ty as $column:ty $(, $generic:ident)?) => {
        impl<$($generic,)? DB: Database> Type<DB> for $name
        where
            $column: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$column as Type<DB>>::type_info()
            }

            fn compatible(info: &DB::TypeInfo) -> bool {
                <$column as Type<DB>>::compatible(info)
            }
        }
    };
}

same_type!(Time as i64);
same_type!(SealedColumn as Vec<u8>);
same_type!(Json<T> as String, T);

impl<'q, DB: Database> Encode<'q, DB> for Time
where
    i64: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.as_microsecond().encode_by_ref(buffer)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for Time
where
    i64: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Timestamp::from_microsecond(i64::decode(value)?)?))
    }
}

impl<'q, DB: Database> Encode<'q, DB> for SealedColumn
where
    Vec<u8>: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.as_bytes().to_vec().encode(buffer)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for SealedColumn
where
    Vec<u8>: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Sealed::from_bytes(Vec::decode(value)?)))
    }
}

impl<'q, T: Serialize, DB: Database> Encode<'q, DB> for Json<T>
where
    String: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        serde_json::to_string(&self.0)?.encode(buffer)
    }
}

impl<'r, T: DeserializeOwned, DB: Database> Decode<'r, DB> for Json<T>
where
    String: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(&String::decode(value)?)?))
    }
}

/// An enum stored as text, one fixed word a variant.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        same_type!($name as String);

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            String: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buffer: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.as_str().to_owned().encode(buffer)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            String: Decode<'r, DB>,
        {
            fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let text = String::decode(value)?;
                Self::parse(&text).ok_or_else(|| format!("`{text}` is no {}", stringify!($name)).into())
            }
        }
    };
}

text_enum! {
    /// What a service key may do.
    KeyScope {
        /// Everything on its own app.
        Admin = "admin",
        /// Connect, list and execute, always for a named user.
        Execute = "execute",
    }
}

text_enum! {
    AccountStatus {
        Active = "active",
        /// The user must connect again.
        Expired = "expired",
        /// Not in use: waiting for the app's word, or on its way out.
        Inactive = "inactive",
    }
}

text_enum! {
    ConnectStatus {
        Pending = "pending",
        /// The browser came back; the exchange is under way.
        Exchanging = "exchanging",
        Connected = "connected",
        Failed = "failed",
    }
}

text_enum! {
    ExecutionState {
        /// May be at the provider now.
        Started = "started",
        Succeeded = "succeeded",
        /// The provider refused, or it was never sent: nothing happened.
        Failed = "failed",
        /// The provider may have acted.
        Unknown = "unknown",
    }
}
