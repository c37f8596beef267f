//! Who is admitted, and for how long.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::DescriptorBody;
use openred_core::identity::IdentityLog;
use openred_core::ids::Id8;
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;

use super::*;

const NOW_MS: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
const ENDPOINT: [u8; 32] = [7; 32];

/// Somebody's descriptor of this moment, for 28 days, which names `endpoint` as her own.
fn descriptor(person: u8, seq_ms: u64, endpoint: Option<[u8; 32]>) -> Descriptor {
    let (signing, words) = (SigningKey::from_seed([person; 32]), RecoverySeed::from_bytes([person; 32]));
    let log = IdentityLog::inception(&signing, &signing, words.commitment(1), 1_700_000_000);
    let key = BoxSecret::from_seed(Suite::X25519, [3; 32]).public().clone();
    let body = DescriptorBody {
        node_id: log.node_id(),
        log_seq: log.head_seq(),
        log,
        seq: seq_ms,
        incarnation: Id8([1; 8]),
        issued: seq_ms / 1_000,
        expires: (seq_ms + 28 * DAY_MS) / 1_000,
        username: "ana".to_owned(),
        display_name: "Ana".to_owned(),
        noise_key: [2; 32],
        grant_key: key.clone(),
        mail_key: key,
        transport_key: endpoint,
        api_url: None,
        addresses: Vec::new(),
        quic_relay: None,
        lane: None,
        capabilities: Vec::new(),
        versions: vec![3],
    };
    Descriptor::sign(body, &signing).unwrap()
}

fn for_ana() -> Admission {
    Admission::new(Allow::Nodes([descriptor(1, NOW_MS, None).node_id()].into()))
}

#[test]
fn everybody_is_admitted_without_a_descriptor_and_none_is_kept() {
    let admission = Admission::new(Allow::Everybody);
    assert!(admission.admits(&ENDPOINT, NOW_MS));
    assert_eq!(admission.present(&descriptor(1, NOW_MS, Some(ENDPOINT)), NOW_MS), Ok(()));
    assert!(admission.lock().newest.is_empty());
}

#[test]
fn an_endpoint_is_admitted_by_the_descriptor_of_a_named_node_and_by_nothing_else() {
    let admission = for_ana();
    assert!(!admission.admits(&ENDPOINT, NOW_MS), "nobody has said whose it is");
    let (eve, bare) = (descriptor(9, NOW_MS, Some(ENDPOINT)), descriptor(1, NOW_MS, None));
    assert_eq!(admission.present(&eve, NOW_MS), Err(NotAdmitted::Node));
    assert_eq!(admission.present(&bare, NOW_MS), Err(NotAdmitted::NoEndpoint));
    assert!(!admission.admits(&ENDPOINT, NOW_MS));
    admission.present(&descriptor(1, NOW_MS, Some(ENDPOINT)), NOW_MS).unwrap();
    assert!(admission.admits(&ENDPOINT, NOW_MS));
    assert!(!admission.admits(&[8; 32], NOW_MS), "another endpoint");
    admission.set(Allow::Nodes(BTreeSet::new()));
    assert!(!admission.admits(&ENDPOINT, NOW_MS), "the owner has struck her out");
    assert!(admission.lock().newest.is_empty());
}

#[test]
fn a_descriptor_admits_until_it_runs_out() {
    let admission = for_ana();
    let made = descriptor(1, NOW_MS, Some(ENDPOINT));
    admission.present(&made, NOW_MS).unwrap();
    assert!(admission.admits(&ENDPOINT, NOW_MS + 28 * DAY_MS - 1));
    assert!(!admission.admits(&ENDPOINT, NOW_MS + 28 * DAY_MS));
    assert_eq!(admission.present(&made, NOW_MS + 28 * DAY_MS), Err(NotAdmitted::Time), "run out");
    let ahead = descriptor(1, NOW_MS + 2 * DAY_MS, Some(ENDPOINT));
    assert_eq!(admission.present(&ahead, NOW_MS), Err(NotAdmitted::Time), "more than a day ahead");
}

#[test]
fn the_newest_descriptor_of_a_node_counts() {
    let (admission, other) = (for_ana(), [8; 32]);
    let (older, newer) = (descriptor(1, NOW_MS, Some(ENDPOINT)), descriptor(1, NOW_MS + 1, Some(other)));
    admission.present(&older, NOW_MS).unwrap();
    let mut changes = admission.changes();
    admission.present(&newer, NOW_MS).unwrap();
    assert!(changes.has_changed().unwrap(), "who is connected is looked at again");
    changes.mark_unchanged();
    assert!(admission.admits(&other, NOW_MS) && !admission.admits(&ENDPOINT, NOW_MS));
    assert_eq!(admission.present(&older, NOW_MS), Err(NotAdmitted::Older));
    assert_eq!(admission.present(&newer, NOW_MS), Ok(()), "the same again");
    let twin = descriptor(1, NOW_MS + 1, Some(ENDPOINT));
    assert_eq!(admission.present(&twin, NOW_MS), Err(NotAdmitted::Older), "of two the first stays");
    assert!(admission.admits(&other, NOW_MS));
}
