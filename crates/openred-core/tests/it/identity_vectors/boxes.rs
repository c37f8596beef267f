//! Boxes sealed with repeatable randomness.

use openred_core::boxes::{self, BoxSecret, Suite};
use openred_core::ids::Hash;
use serde_json::json;

use super::{frozen, read, unhex};

/// Randomness that anyone can repeat: SHA-256(name ‖ counter:u64), block after block.
struct Repeatable {
    name: &'static str,
    counter: u64,
}

impl hpke::rand_core::TryRng for Repeatable {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for block in bytes.chunks_mut(32) {
            let fresh = Hash::of(&[self.name.as_bytes(), &self.counter.to_be_bytes()]);
            block.copy_from_slice(&fresh.0[..block.len()]);
            self.counter += 1;
        }
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Repeatable {}

#[test]
fn boxes_of_both_suites() {
    let case = |suite: Suite, info: &str, aad: &[u8], plain: &[u8]| {
        let secret = BoxSecret::from_seed(suite, [11; 32]);
        let mut rng = Repeatable { name: "OpenRed vectors", counter: 0 };
        let boxed = boxes::seal_with(&mut rng, secret.public(), info.as_bytes(), aad, plain).unwrap();
        json!({ "suite": suite as u8, "secret": hex::encode([11; 32]), "public": hex::encode(&secret.public().key),
                "key_id": secret.public().key_id, "info": info, "aad": hex::encode(aad),
                "plain": hex::encode(plain), "box": hex::encode(boxed) })
    };
    let made = json!([
        case(Suite::X25519, "OpenRed/3 grant", &[1; 17], b"hello"),
        case(Suite::X25519, "", b"", b""),
        case(Suite::XWing, "OpenRed/3 grant", &[1; 17], b"hello"),
    ]);
    frozen("boxes.json", &made);

    for case in read("boxes.json").as_array().unwrap() {
        let suite = Suite::from_byte(case["suite"].as_u64().unwrap() as u8).unwrap();
        let secret = BoxSecret::from_seed(suite, unhex(&case["secret"]).try_into().unwrap());
        assert_eq!(secret.public().key, unhex(&case["public"]));
        let (info, boxed) = (case["info"].as_str().unwrap().as_bytes(), unhex(&case["box"]));
        let plain = boxes::open(&secret, info, &unhex(&case["aad"]), &boxed).unwrap();
        assert_eq!(*plain, unhex(&case["plain"]));
    }
}
