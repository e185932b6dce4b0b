//! The vault from outside: what opens, what does not, and what a wrong key setting says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use proptest::prelude::*;
use secrecy::ExposeSecret;
use vault::{Key, KeyRing, KeyRingError, OpenError, Place, Sealed, Vault};

const PLACE: Place<'static> = Place { app: "app_1", row: "ca_1", field: "grant", generation: 7 };

fn vault_of(ids: &[&str]) -> (Vault, Vec<String>) {
    let texts: Vec<String> = ids.iter().map(|id| Key::generate(id).unwrap().to_text().to_string()).collect();
    (Vault::new(KeyRing::parse(&texts.join(",")).unwrap()), texts)
}

#[test]
fn opens_what_it_sealed_and_never_seals_twice_alike() {
    let (vault, _) = vault_of(&["k1"]);
    let first = vault.seal(&PLACE, b"refresh-token");
    let second = vault.seal(&PLACE, b"refresh-token");
    assert_ne!(first, second);
    assert_eq!(vault.open(&PLACE, &first).unwrap().expose_secret(), b"refresh-token");
    assert_eq!(first.key_id(), Some("k1"));
}

#[test]
fn a_ciphertext_opens_only_where_it_was_sealed() {
    let (vault, _) = vault_of(&["k1"]);
    let sealed = vault.seal(&PLACE, b"secret");
    for elsewhere in [
        Place { app: "app_2", ..PLACE },
        Place { row: "ca_2", ..PLACE },
        Place { field: "client", ..PLACE },
        Place { generation: 8, ..PLACE },
        Place { app: "app_1c", row: "a_1", ..PLACE },
    ] {
        assert_eq!(vault.open(&elsewhere, &sealed).unwrap_err(), OpenError::NotAuthentic, "{elsewhere:?}");
    }
}

#[test]
fn the_newest_key_seals_and_older_ones_still_open() {
    let (old, old_text) = vault_of(&["k1"]);
    let sealed = old.seal(&PLACE, b"secret");
    let new_text = Key::generate("k2").unwrap().to_text().to_string();
    let both = Vault::new(KeyRing::parse(&format!("{new_text}, {}", old_text[0])).unwrap());

    let resealed = both.reseal(&PLACE, &sealed).unwrap().expect("sealed under the old key");
    assert_eq!(resealed.key_id(), Some("k2"));
    assert!(both.reseal(&PLACE, &resealed).unwrap().is_none());

    let new_only = Vault::new(KeyRing::parse(&new_text).unwrap());
    assert_eq!(new_only.open(&PLACE, &resealed).unwrap().expose_secret(), b"secret");
    assert_eq!(new_only.open(&PLACE, &sealed).unwrap_err(), OpenError::UnknownKey("k1".into()));
}

#[test]
fn a_wrong_key_setting_says_what_is_wrong_without_showing_the_key() {
    let good = Key::generate("k1").unwrap().to_text().to_string();
    let cases = [
        ("", KeyRingError::Empty),
        (" , ,", KeyRingError::Empty),
        ("AAAA", KeyRingError::Form { position: 1 }),
        ("k 1:AAAA", KeyRingError::Id),
        ("k1:***", KeyRingError::NotBase64 { id: "k1".into() }),
        ("k1:AAAA", KeyRingError::Length { id: "k1".into(), bytes: 3 }),
        (&format!("{good},{good}"), KeyRingError::Duplicate { id: "k1".into() }),
    ];
    for (text, expected) in cases {
        assert_eq!(KeyRing::parse(text).unwrap_err(), expected, "{text:?}");
    }
    let debug = format!("{:?}", KeyRing::parse(&good).unwrap());
    assert!(!debug.contains(good.split_once(':').unwrap().1), "{debug}");
}

proptest! {
    #[test]
    fn any_secret_comes_back(secret in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let (vault, _) = vault_of(&["k1"]);
        let sealed = vault.seal(&PLACE, &secret);
        let opened = vault.open(&PLACE, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), &secret[..]);
    }

    #[test]
    fn any_changed_byte_is_noticed(position in any::<prop::sample::Index>(), flip in 1u8..=255) {
        let (vault, _) = vault_of(&["k1"]);
        let mut bytes = vault.seal(&PLACE, b"secret").as_bytes().to_vec();
        let index = position.index(bytes.len());
        bytes[index] ^= flip;
        prop_assert!(vault.open(&PLACE, &Sealed::from_bytes(bytes)).is_err());
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (vault, _) = vault_of(&["k1"]);
        prop_assert!(vault.open(&PLACE, &Sealed::from_bytes(bytes)).is_err());
    }
}
