//! Our cryptography against what OpenMLS's own provider (openmls_rust_crypto 0.6.0) gave for the same inputs, once for
//! each suite: other nodes may use that one.

use openmls_traits::types::HpkeCiphertext;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Stock {
    cipher_suite: u16,
    ikm: String,
    public: String,
    kem_output: String,
    ciphertext: String,
    export_enc: String,
    exported: String,
    extract: String,
    expand: String,
    hmac: String,
    hash: String,
    aead: String,
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn stock() -> Vec<(Ciphersuite, Stock)> {
    let text = include_str!("../../../../testdata/mls/openmls-provider.json");
    let all: Vec<Stock> = serde_json::from_str(text).unwrap();
    let with_suite = all.into_iter().map(|one| (Suite::try_from(one.cipher_suite).unwrap().mls(), one));
    with_suite.collect()
}

#[test]
fn keys_hashes_and_seals_are_those_of_other_openmls_nodes() {
    let crypto = Crypto::new(Randomness::seeded([1; 32]));
    assert_eq!(stock().len(), Suite::ALL.len());
    for (suite, one) in stock() {
        let (hash, aead) = (suite.hash_algorithm(), suite.aead_algorithm());
        assert_eq!(crypto.hkdf_extract(hash, b"salt", b"ikm").unwrap().as_slice(), bytes(&one.extract));
        let expanded = crypto.hkdf_expand(hash, &bytes(&one.ikm), b"info", 40).unwrap();
        assert_eq!(expanded.as_slice(), bytes(&one.expand));
        assert_eq!(crypto.hmac(hash, b"key", b"message").unwrap().as_slice(), bytes(&one.hmac));
        assert_eq!(crypto.hash(hash, b"data").unwrap(), bytes(&one.hash));
        let key = vec![7; suite.aead_key_length()];
        let sealed = crypto.aead_encrypt(aead, &key, b"plaintext", &[9; 12], b"aad").unwrap();
        assert_eq!(sealed, bytes(&one.aead));
        assert_eq!(crypto.aead_decrypt(aead, &key, &sealed, &[9; 12], b"aad").unwrap(), b"plaintext");
        assert!(crypto.aead_decrypt(aead, &key, &sealed, &[9; 12], b"other").is_err());
    }
}

#[test]
fn boxes_of_other_openmls_nodes_open() {
    let crypto = Crypto::new(Randomness::seeded([1; 32]));
    for (suite, one) in stock() {
        let config = || suite.hpke_config();
        let pair = crypto.derive_hpke_keypair(config(), &bytes(&one.ikm)).unwrap();
        let private: &[u8] = &pair.private;
        assert_eq!(
            pair.public,
            bytes(&one.public),
            "the private half may differ in bits that X25519 ignores"
        );
        let mut sealed = HpkeCiphertext {
            kem_output: bytes(&one.kem_output).into(),
            ciphertext: bytes(&one.ciphertext).into(),
        };
        let open = |sealed: &HpkeCiphertext| crypto.hpke_open(config(), sealed, private, b"info", b"aad");
        assert_eq!(open(&sealed).unwrap(), b"plaintext");
        sealed.kem_output = vec![0; bytes(&one.kem_output).len()].into();
        assert!(open(&sealed).is_err());
        let enc = bytes(&one.export_enc);
        let exported =
            crypto.hpke_setup_receiver_and_export(config(), &enc, private, b"info", b"context", 32).unwrap();
        assert_eq!(exported.to_vec(), bytes(&one.exported));
        let (enc, own) =
            crypto.hpke_setup_sender_and_export(config(), &pair.public, b"info", b"context", 32).unwrap();
        let back = crypto.hpke_setup_receiver_and_export(config(), &enc, private, b"info", b"context", 32);
        assert_eq!(back.unwrap().to_vec(), own.to_vec());
    }
}

#[test]
fn it_has_no_signing_keys_and_no_other_suites() {
    let crypto = Crypto::new(Randomness::system());
    assert!(crypto.signature_key_gen(SignatureScheme::ED25519).is_err());
    assert!(crypto.sign(SignatureScheme::ED25519, b"data", &[1; 32]).is_err());
    assert!(crypto.supports(Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256).is_err());
    assert!(crypto.hash(HashType::Sha2_512, b"data").is_err());
    let nothing = crypto.verify_signature(SignatureScheme::ED25519, b"data", &[0; 32], &[0; 64]);
    assert!(nothing.is_err(), "a weak key signs everything");
}
