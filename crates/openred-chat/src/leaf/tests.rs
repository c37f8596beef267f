//! Certificates of leaves, one lie at a time.

use openred_core::sign::SigningKey;

use super::*;

const NOW_S: u64 = 1_790_000_000;

struct Log(LogKey);

impl Logs for Log {
    fn key_at(&self, _: &NodeId, _: u32) -> Result<LogKey, Cause> {
        Ok(self.0)
    }
}

fn identity() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn leaf(not_after: u64) -> Leaf {
    let (key, device) = ([7; 32], Id16([8; 16]));
    let signed = [key.as_slice(), &device.0, &not_after.to_be_bytes()].concat();
    let certificate = identity().sign(Label::MlsLeaf, &signed);
    Leaf { node_id: NodeId([9; 32]), log_seq: 3, device, not_after, key, certificate }
}

fn refusal(leaf: &Leaf, log: LogKey, standing: Standing) -> Option<LeafRefusal> {
    match leaf.check(&Log(log), standing) {
        Ok(()) => None,
        Err(Checked::Refused(refusal)) => Some(refusal),
        Err(Checked::Logs(cause)) => panic!("{cause}"),
    }
}

#[test]
fn a_certificate_counts_for_its_key_device_and_time_alone() {
    let (good, newest) = (leaf(NOW_S + 60), LogKey::Newest(identity().public()));
    assert_eq!(refusal(&good, newest, Standing::New(NOW_S)), None);
    let lies = [
        Leaf { key: [6; 32], ..good.clone() },
        Leaf { device: Id16([7; 16]), ..good.clone() },
        Leaf { not_after: NOW_S + 61, ..good.clone() },
    ];
    for lie in lies {
        assert_eq!(refusal(&lie, newest, Standing::New(NOW_S)), Some(LeafRefusal::BadCertificate));
        assert_eq!(refusal(&lie, newest, Standing::Old), Some(LeafRefusal::BadCertificate));
    }
    let another = LogKey::Newest(SigningKey::from_seed([2; 32]).public());
    assert_eq!(refusal(&good, another, Standing::New(NOW_S)), Some(LeafRefusal::BadCertificate));
}

#[test]
fn a_new_leaf_is_good_now_and_not_for_ever_and_an_old_one_may_be_over() {
    let newest = LogKey::Newest(identity().public());
    assert_eq!(refusal(&leaf(NOW_S), newest, Standing::New(NOW_S)), Some(LeafRefusal::Over));
    assert_eq!(refusal(&leaf(NOW_S), newest, Standing::Old), None);
    assert_eq!(refusal(&leaf(NOW_S + LEAF_S_MAX), newest, Standing::New(NOW_S)), None);
    let long = leaf(NOW_S + LEAF_S_MAX + 1);
    assert_eq!(refusal(&long, newest, Standing::New(NOW_S)), Some(LeafRefusal::TooLong));
}

#[test]
fn a_replaced_key_certifies_nothing_new() {
    let (good, old) = (leaf(NOW_S + 60), LogKey::Superseded(identity().public()));
    assert_eq!(refusal(&good, old, Standing::New(NOW_S)), Some(LeafRefusal::Superseded));
    assert_eq!(refusal(&good, old, Standing::Old), None);
    let unknown = LeafRefusal::LogUnknown { node_id: good.node_id, log_seq: 3 };
    assert_eq!(refusal(&good, LogKey::Unknown, Standing::Old), Some(unknown));
}

#[test]
fn a_credential_is_read_back_and_has_one_length() {
    let good = leaf(NOW_S);
    let mls = good.credential();
    assert_eq!(Leaf::read(&mls.credential, mls.signature_key.as_slice()), Ok(good.clone()));
    for bytes in [&good.to_bytes()[1..], &[good.to_bytes(), vec![0]].concat(), &[]] {
        assert_eq!(Leaf::from_bytes(bytes, good.key), None, "{} bytes", bytes.len());
    }
}
