//! The node never holds the keys: bytes that the test knows are not in the memory of the node's process after
//! log-in, a hundred posts and an introduction. The same scan finds what the node does hold.

use std::fs::File;
use std::path::Path;

use openred_core::descriptor::Descriptor;
use openred_core::seed::RecoverySeed;
use openred_core::sign::{PublicKey, SigningKey};
use openred_keeper::client::Keeper;
use openred_keeper::ops::{Purpose, Unlock, UnlockWith};
use openred_keeper::secret::Secret;
use openred_service::http_client::HttpRequest;

use crate::caller::{RUNTIME, client};
use crate::scan::{Needles, each_block, may_look_into};
use crate::world::{PASSPHRASE, Person, World};

/// What the test learns about ana's keys without her node: by a key process of its own on her key file.
struct Known {
    words: String,
    seed: RecoverySeed,
    login: [u8; 32],
}

impl Known {
    fn of(person: &Person) -> Self {
        let file = File::open(person.folder.join(openred_node::node::KEY_FILE)).unwrap();
        let keeper = Keeper::spawn(Path::new(env!("CARGO_BIN_EXE_openred")), Some(file)).unwrap();
        let with = UnlockWith::Passphrase(Secret::text(PASSPHRASE));
        keeper.unlock(Unlock { with, state: None, audit_tail: None }).wait().unwrap();
        let words = keeper.recovery_words().wait().unwrap().expose_text().unwrap().to_owned();
        let login = keeper.data_key(Purpose::Login).wait().unwrap().expose_key().unwrap();
        Self { seed: RecoverySeed::from_words(&words).unwrap(), words, login: *login }
    }
}

/// The signing key's seed, found in the key process beside its public half: only root may look there.
fn signing_seed(keeper: u32, public: &PublicKey) -> Option<[u8; 32]> {
    let beside = Needles::of(public.as_bytes());
    let mut found = None;
    each_block(keeper, |block| {
        for at in beside.places(block) {
            let around = at.saturating_sub(512)..(at + 512).min(block.len().saturating_sub(32));
            for start in around.filter(|_| found.is_none()).collect::<Vec<_>>() {
                let seed: [u8; 32] = block[start..start + 32].try_into().unwrap();
                if SigningKey::from_seed(seed).public() == *public {
                    found = Some(seed);
                    break;
                }
            }
        }
    });
    found
}

#[test]
fn keys_are_not_in_the_node() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, ben) = (world.person("ana"), world.person("ben"));
    ana.is_listed(&directory);
    ben.is_listed(&directory);
    ana.off();
    ana.on();
    ana.sees("/people/search?q=ben", "node_id", &ben.node_id);
    ana.befriends(&ben);
    for n in 0..100 {
        ana.posts(&format!("post number {n}"));
    }
    let last = ana.posts("the last one");
    ben.sees("/feed", "id", &last);

    let (node, keeper) = (ana.program.id(), ana.program.keeper().unwrap());
    let known = Known::of(&ana);
    assert!(Needles::of(&known.login).in_memory(node) > 0, "the scan finds a key that the node does hold");
    let mut keys = Needles::default();
    keys.add(known.words.as_bytes());
    keys.add(known.seed.bytes());
    for n in 1..4 {
        keys.add(&*known.seed.rotation_key(n).seed());
    }
    let url = ana.get("/identity")["api_url"].as_str().unwrap().to_owned();
    let request = HttpRequest::get(format!("{url}/p2p/descriptor").parse().unwrap());
    let descriptor = Descriptor::parse(&RUNTIME.block_on(client().send(request)).unwrap().body).unwrap();
    if may_look_into(keeper) {
        let seed = signing_seed(keeper, descriptor.signing_key());
        keys.add(&seed.expect("the signing key is in the key process"));
        assert!(keys.in_memory(keeper) > 0, "the keeper does hold them");
    }
    assert_eq!(keys.in_memory(node), 0, "keys are in the node's memory");
    assert_eq!(keys.in_files(&ana.folder), 0, "keys lie open in the folder");
    assert_eq!(keys.in_files(&ana.program.log), 0, "keys are in the log");
    let passphrase = Needles::of(PASSPHRASE.as_bytes());
    assert_eq!(passphrase.in_files(&ana.folder) + passphrase.in_files(&ana.program.log), 0);
    assert_eq!(passphrase.in_memory(node), 0, "the passphrase stayed in the node's memory");
}
