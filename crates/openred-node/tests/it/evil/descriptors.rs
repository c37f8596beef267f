//! Descriptors handed over in hellos (PROTOCOL §4): swapped, rolled back, borrowed. It got through when message 2
//! leaves.

use openred_core::descriptor::Pin;

use super::{
    Attack,
    directory::{NOTHING, NOW, Stage},
    hand::Knock,
    node::Refused,
};

/// A hello of kind 4 with one lie about its descriptor.
fn handed(bend: fn(&mut Stage, &mut Knock)) -> Result<(), Refused> {
    let mut stage = Stage::new();
    let mut knock = stage.ana.knock_open(&stage.ben.descriptor);
    bend(&mut stage, &mut knock);
    stage.ben.knock(&knock.make().0).map(drop)
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack::new("another descriptor than the hello names", "descriptor/hash", || {
        handed(|_, knock| knock.desc_a = NOTHING)
    }),
    Attack::new("the directory's own descriptor in ana's name", "descriptor/names-peer", || {
        handed(|stage, knock| {
            (knock.desc_a, knock.own_noise) = (stage.dir.hash(), stage.dir.noise);
            knock.attach = Some(stage.dir.descriptor.clone());
        })
    }),
    Attack::new("a descriptor under a key that ana replaced", "descriptor/newest-log", || {
        handed(|stage, _| {
            let mut pin = Pin::new(stage.ana.id());
            pin.accept_log(&stage.ana.rotated().log);
            stage.ben.pins.insert(stage.ana.id(), pin);
        })
    }),
    Attack::new(
        "a rolled-back descriptor with a stolen Noise key",
        "descriptor/not-older-than-pinned",
        || handed(|stage, _| stage.ben.pin(&stage.ana.with_noise([0x66; 32]))),
    ),
    Attack::new("an expired descriptor", "descriptor/fresh", || {
        handed(|stage, knock| {
            let expired = stage.ana.with(|body| body.expires = NOW - 1);
            (knock.desc_a, knock.attach) = (expired.hash(), Some(expired.descriptor));
        })
    }),
];

#[test]
fn a_newer_descriptor_and_a_longer_log_are_welcome() {
    handed(|_, _| ()).unwrap();
    handed(|stage, knock| {
        stage.ben.pin(&stage.ana.clone());
        let newer = stage.ana.with_noise([0x66; 32]).rotated();
        (knock.desc_a, knock.own_noise) = (newer.hash(), [0x66; 32]);
        knock.attach = Some(newer.descriptor);
    })
    .unwrap();
}
