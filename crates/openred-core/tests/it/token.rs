//! The four methods against the frozen vectors, their inverses, and the choice of the method at every second
//! around an epoch boundary.

use openred_core::token::{
    MODE_DAILY, MODE_HOURLY, MODE_RANDOM, Method, Role, Side, method_matches, reverse_transform,
    select_crypto_method, tokens_match, transform,
};
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../testdata/vectors/token.json")).unwrap()
}

fn bytes(value: &Value) -> [u8; 32] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn the_four_methods_give_the_frozen_tokens() {
    let vectors = vectors();
    let cases = vectors["transform"].as_array().unwrap();
    assert_eq!(cases.len(), 16, "four methods, two roles, two secrets");
    for case in cases {
        let side = Side {
            method: Method::of_byte(case["number"].as_u64().unwrap() as u8).unwrap(),
            role: Role::from_byte(case["role"].as_u64().unwrap() as u8).unwrap(),
            salt: &bytes(&case["salt"]),
            core_hash: &bytes(&case["core_hash"]),
        };
        assert_eq!(*transform(&side, &bytes(&case["secret"])), bytes(&case["token"]), "{case}");
        assert_eq!(*reverse_transform(&side, &bytes(&case["token"])), bytes(&case["secret"]), "{case}");
    }
}

#[test]
fn the_directory_picks_the_frozen_methods() {
    let vectors = vectors();
    let seed = bytes(&vectors["select"]["seed"]);
    for case in vectors["select"]["cases"].as_array().unwrap() {
        let at = case["not_before"].as_u64().unwrap();
        for (mode, name) in [(MODE_HOURLY, "hourly"), (MODE_DAILY, "daily"), (MODE_RANDOM, "random")] {
            let picked = select_crypto_method(mode, Some(&seed), at).unwrap();
            assert_eq!(u64::from(picked), case[name].as_u64().unwrap(), "{name} at {at}");
        }
    }
}

proptest! {
    #[test]
    fn reversing_gives_back_the_secret(
        secret: [u8; 32], salt: [u8; 32], core_hash: [u8; 32], method in 0u8..4, role in 1u8..3,
    ) {
        let side = Side {
            method: Method::of_byte(method).unwrap(),
            role: Role::from_byte(role).unwrap(),
            salt: &salt,
            core_hash: &core_hash,
        };
        prop_assert_eq!(*reverse_transform(&side, &transform(&side, &secret)), secret);
        prop_assert_eq!(*transform(&side, &reverse_transform(&side, &secret)), secret, "a bijection");
    }

    #[test]
    fn only_the_two_halves_of_one_grant_match(
        secret: [u8; 32], other: [u8; 32], salts: [[u8; 32]; 2], core_hash: [u8; 32], method in 0u8..4,
    ) {
        let method = Method::of_byte(method).unwrap();
        let a = Side { method, role: Role::A, salt: &salts[0], core_hash: &core_hash };
        let b = Side { method, role: Role::B, salt: &salts[1], core_hash: &core_hash };
        let (token_a, token_b) = (transform(&a, &secret), transform(&b, &secret));
        prop_assert!(tokens_match((&a, &token_a), (&b, &token_b)));
        prop_assert!(tokens_match((&b, &token_b), (&a, &token_a)));
        prop_assert!(!tokens_match((&a, &token_a), (&b, &token_a)), "a reflected token");
        prop_assert!(!tokens_match((&a, &token_a), (&a, &token_a)), "one role twice");
        prop_assume!(secret != other);
        prop_assert!(!tokens_match((&a, &token_a), (&b, &transform(&b, &other))), "two secrets under one grant");
    }
}

/// At every second ± 300 s around hours and midnights exactly one method byte per mode is right, and it is the
/// one that the directory picked. (`grant.rs` opens such grants under every skew.)
#[test]
fn exactly_one_method_is_right_at_every_second_around_an_epoch_boundary() {
    let seed = [7; 32];
    let mut seen = [[false; 4]; 3];
    let hours = (0..12).map(|hour| 1_795_219_200 + hour * 3600);
    let midnights = (0..8).map(|day| 1_795_219_200 + day * 86_400);
    for boundary in hours.chain(midnights) {
        for not_before in boundary - 300..=boundary + 300 {
            for mode in [MODE_HOURLY, MODE_DAILY, MODE_RANDOM] {
                let picked = select_crypto_method(mode, Some(&seed), not_before).unwrap();
                seen[usize::from(mode)][usize::from(picked & 3)] = true;
                for other in 0..16 {
                    let byte = mode << 4 | other;
                    assert_eq!(
                        method_matches(byte, Some(&seed), not_before),
                        byte == picked,
                        "{byte} {not_before}"
                    );
                }
            }
        }
    }
    assert_eq!(seen, [[true; 4]; 3], "all four methods in all three modes were met");
}
