//! Members who break the rules, with commits that OpenMLS makes for them and none of our own checks has seen.

use std::collections::BTreeMap;

use ed25519_dalek::Signer as _;
use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    CommitBuilder, Extensions, Initial, KeyPackage, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn,
    OpenMlsProvider as _, ProtocolVersion,
};
use openred_core::ids::Id16;
use openred_core::sign::{Label, PublicKey, SigningKey};

use super::*;
use crate::groups::extensions;
use crate::ledger::mark;
use crate::{Applied, Cause, Chat, Commit, Lent, LogKey, Logs, MemoryRows, Randomness, Row, Suite};

const NOW_S: u64 = 1_790_000_000;

#[derive(Default)]
struct Town(BTreeMap<NodeId, PublicKey>);

impl Logs for Town {
    fn key_at(&self, node_id: &NodeId, _: u32) -> Result<LogKey, Cause> {
        Ok(self.0.get(node_id).map_or(LogKey::Unknown, |key| LogKey::Newest(*key)))
    }
}

struct Person {
    id: NodeId,
    leaf: Leaf,
    key: ed25519_dalek::SigningKey,
    rows: MemoryRows,
    random: Randomness,
}

impl Town {
    fn person(&mut self, number: u8, not_after: u64) -> Person {
        let (id, identity) = (NodeId([number; 32]), SigningKey::from_seed([number; 32]));
        self.0.insert(id, identity.public());
        let key = ed25519_dalek::SigningKey::from_bytes(&[number + 100; 32]);
        let (public, device) = (key.verifying_key().to_bytes(), Id16([1; 16]));
        let signed = [public.as_slice(), &device.0, &not_after.to_be_bytes()].concat();
        let certificate = identity.sign(Label::MlsLeaf, &signed);
        let leaf = Leaf { node_id: id, log_seq: 0, device, not_after, key: public, certificate };
        Person { id, leaf, key, rows: MemoryRows::default(), random: Randomness::seeded([number; 32]) }
    }
}

impl Person {
    fn chat<T>(&self, town: &Town, act: impl FnOnce(&Chat<'_>) -> T) -> T {
        let sign = |content: &[u8]| Ok(self.key.sign(content).to_bytes());
        let (rows, own, random) = (&self.rows, &self.leaf, &self.random);
        act(&Chat::new(Lent { rows, own, sign: &sign, logs: town, random, now_s: NOW_S }))
    }

    fn process(&self, town: &Town, group: Id16, bytes: &[u8]) -> Result<Applied, ChatError> {
        self.chat(town, |chat| chat.process(group, bytes, NOW_S))
    }

    fn package(&self, town: &Town) -> Vec<u8> {
        self.chat(town, |chat| chat.make_key_package(Suite::Classic, false)).unwrap().bytes
    }

    /// A commit and welcome that nothing of ours has looked at.
    fn cheat(
        &self,
        town: &Town,
        group: Id16,
        build: impl for<'a> FnOnce(CommitBuilder<'a, Initial>) -> CommitBuilder<'a, Initial>,
    ) -> (Vec<u8>, Option<Vec<u8>>) {
        let done = self.chat(town, |chat| {
            chat.call(|mls| {
                let mut open = mls.open(group)?;
                open.group.set_aad(mark(&open.group).to_vec());
                let builder = build(open.group.commit_builder().force_self_update(true));
                let builder = builder.load_psks(&mls.storage).map_err(ChatError::mls)?;
                let built = builder.build(mls.rand(), mls.crypto(), mls, |_| true).map_err(ChatError::mls)?;
                let (commit, welcome, _) = built.stage_commit(mls).map_err(ChatError::mls)?.into_messages();
                open.group.clear_pending_commit(&mls.storage)?;
                let welcome = welcome.map(|one| one.to_bytes().unwrap());
                Ok((commit.to_bytes().unwrap(), welcome))
            })
        });
        done.unwrap()
    }
}

/// Ana, who made the group, ben and chloe; who of them administers it.
fn group(town: &mut Town, admins: &[u8]) -> ([Person; 3], Id16) {
    let people = [1, 2, 3].map(|number| town.person(number, NOW_S + 86_400));
    let admins = admins.iter().map(|number| NodeId([*number; 32])).collect();
    let settings = Settings { admins, ..Settings::default() };
    let packages = [people[1].package(town), people[2].package(town)];
    let (id, commit): (Id16, Commit) = people[0].chat(town, |chat| {
        let id = chat.create(Suite::Classic, &settings).unwrap().id;
        let commit = chat.add(id, &[&packages[0], &packages[1]]).unwrap();
        chat.confirm(id).unwrap();
        (id, commit)
    });
    for one in &people[1..] {
        one.chat(town, |chat| chat.join(commit.welcome.as_deref().unwrap(), NOW_S)).unwrap();
    }
    (people, id)
}

fn parsed(bytes: &[u8]) -> KeyPackage {
    let crypto = crate::crypto::Crypto::new(Randomness::seeded([0; 32]));
    match MlsMessageIn::tls_deserialize_exact(bytes).unwrap().extract() {
        MlsMessageBodyIn::KeyPackage(package) => package.validate(&crypto, ProtocolVersion::Mls10).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Both others refuse, and nothing of it stays.
fn refused(town: &Town, others: [&Person; 2], id: Id16, commit: &[u8]) -> ChatError {
    let mut last = None;
    for one in others {
        let before: Vec<Row> = one.rows.dump();
        last = one.process(town, id, commit).err();
        assert_eq!(one.rows.dump(), before);
    }
    last.unwrap()
}

#[test]
fn who_is_no_administrator_changes_nothing_whatever_they_send() {
    let mut town = Town::default();
    let ([ana, eve, chloe], id) = group(&mut town, &[1]);
    let dora = town.person(4, NOW_S + 86_400);
    let package = dora.package(&town);
    let own = Settings { admins: vec![eve.id], ..Settings::default() };
    let (removal, _) = eve.cheat(&town, id, |builder| builder.propose_removals([LeafNodeIndex::new(2)]));
    let (addition, welcome) = eve.cheat(&town, id, |builder| builder.propose_adds([parsed(&package)]));
    let (coup, _) = eve.cheat(&town, id, |builder| {
        builder.propose_group_context_extensions(extensions(&own).unwrap()).unwrap()
    });
    for commit in [&removal, &addition, &coup] {
        let error = refused(&town, [&ana, &chloe], id, commit);
        assert!(matches!(error, ChatError::NotAllowed(_)), "{error:?}");
    }
    let invited = dora.chat(&town, |chat| chat.join(&welcome.unwrap(), NOW_S));
    assert!(matches!(invited, Err(ChatError::NotAllowed(_))), "nor does who is invited come: {invited:?}");
    let (update, _) = eve.cheat(&town, id, |builder| builder);
    assert!(
        ana.process(&town, id, &update).is_ok(),
        "their own leaf is theirs: the refusals were for the rules"
    );
}

#[test]
fn an_administrator_brings_no_wrong_leaf_in_either() {
    let mut town = Town::default();
    let ([ana, eve, chloe], id) = group(&mut town, &[]);
    let over = town.person(4, NOW_S);
    let package = over.package(&town);
    let (commit, _) = eve.cheat(&town, id, |builder| builder.propose_adds([parsed(&package)]));
    let error = refused(&town, [&ana, &chloe], id, &commit);
    assert!(matches!(error, ChatError::Leaf(LeafRefusal::Over)), "{error:?}");

    let mut thief = town.person(5, NOW_S + 86_400);
    thief.leaf.node_id = ana.id;
    let package = thief.package(&town);
    let (commit, _) = eve.cheat(&town, id, |builder| builder.propose_adds([parsed(&package)]));
    let error = refused(&town, [&ana, &chloe], id, &commit);
    assert!(matches!(error, ChatError::Leaf(LeafRefusal::BadCertificate)), "{error:?}");
}

#[test]
fn commits_of_another_form_are_refused() {
    let mut town = Town::default();
    let ([ana, eve, chloe], id) = group(&mut town, &[]);
    let dora = town.person(4, NOW_S + 86_400);
    let package = dora.package(&town);
    let (bare, _) = eve
        .cheat(&town, id, |builder| builder.propose_group_context_extensions(Extensions::empty()).unwrap());
    let error = refused(&town, [&ana, &chloe], id, &bare);
    assert!(matches!(error, ChatError::Malformed(_)), "settings are never gone: {error:?}");
    let (pathless, _) =
        eve.cheat(&town, id, |builder| builder.force_self_update(false).propose_adds([parsed(&package)]));
    let error = refused(&town, [&ana, &chloe], id, &pathless);
    assert!(matches!(error, ChatError::NotAllowed(_)), "every commit brings a new leaf: {error:?}");
}

#[test]
fn nobody_asks_for_the_removal_of_another() {
    let mut town = Town::default();
    let ([ana, eve, chloe], id) = group(&mut town, &[]);
    let proposal = eve.chat(&town, |chat| {
        chat.call(|mls| {
            let mut open = mls.open(id)?;
            let victim = LeafNodeIndex::new(0);
            let (message, _) = open.group.propose_remove_member(mls, mls, victim).map_err(ChatError::mls)?;
            message.to_bytes().map_err(ChatError::mls)
        })
    });
    let error = refused(&town, [&ana, &chloe], id, &proposal.unwrap());
    assert!(matches!(error, ChatError::NotAllowed(_)), "{error:?}");
}

#[test]
fn who_says_that_the_epoch_began_otherwise_is_heard_and_marked() {
    let mut town = Town::default();
    let ([ana, eve, _], id) = group(&mut town, &[]);
    let said = eve.chat(&town, |chat| {
        chat.call(|mls| {
            let mut open = mls.open(id)?;
            open.group.set_aad(vec![0; 8]);
            let message = open.group.create_message(mls, mls, b"hello").map_err(ChatError::mls)?;
            message.to_bytes().map_err(ChatError::mls)
        })
    });
    match ana.process(&town, id, &said.unwrap()) {
        Ok(Applied::Message(message)) => assert!(message.forked && message.content == b"hello"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_circle_stays_one_and_its_owners_and_no_group_becomes_one() {
    let mut town = Town::default();
    let ([ana, ben, chloe], group_id) = group(&mut town, &[1]);
    let mut circle =
        Settings { admins: vec![ana.id], sequencers: vec![ana.id], circle: true, ..Settings::default() };
    let (becomes, _) = ana.cheat(&town, group_id, |builder| {
        builder.propose_group_context_extensions(extensions(&circle).unwrap()).unwrap()
    });
    assert!(matches!(refused(&town, [&ben, &chloe], group_id, &becomes), ChatError::NotAllowed(_)));

    let packages = [ben.package(&town), chloe.package(&town)];
    let (id, commit): (Id16, Commit) = ana.chat(&town, |chat| {
        let id = chat.create(Suite::Classic, &circle).unwrap().id;
        let commit = chat.add(id, &[&packages[0], &packages[1]]).unwrap();
        chat.confirm(id).unwrap();
        (id, commit)
    });
    for one in [&ben, &chloe] {
        one.chat(&town, |chat| chat.join(commit.welcome.as_deref().unwrap(), NOW_S)).unwrap();
    }
    circle.admins = vec![ben.id];
    let (given_away, _) = ana.cheat(&town, id, |builder| {
        builder.propose_group_context_extensions(extensions(&circle).unwrap()).unwrap()
    });
    let (admins, sequencers) = (vec![ana.id], vec![ana.id]);
    let talk = Settings { name: "Talk".to_owned(), admins, sequencers, ..Settings::default() };
    let (opened, _) = ana.cheat(&town, id, |builder| {
        builder.propose_group_context_extensions(extensions(&talk).unwrap()).unwrap()
    });
    for commit in [&given_away, &opened] {
        assert!(matches!(refused(&town, [&ben, &chloe], id, commit), ChatError::NotAllowed(_)));
    }
}
