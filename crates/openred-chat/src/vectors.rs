//! Vectors of the MLS working group through our cryptography and our rows; `testdata/mls/README.md` says which there
//! are, and which cannot be run through what OpenMLS lets its users do.

use openmls::framing::ContentType;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _, VLBytes};
use openmls::prelude::{
    KeyPackageIn, MIXED_PLAINTEXT_WIRE_FORMAT_POLICY, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn,
    MlsMessageIn, OpenMlsCrypto as _, OpenMlsProvider, ProcessedMessageContent, RatchetTreeIn, StagedWelcome,
};
use openmls_traits::types::{HashType, HpkeCiphertext, HpkePrivateKey, SignatureScheme};
use serde::{Deserialize, Serialize};

use crate::crypto::Crypto;
use crate::random::Randomness;
use crate::rows::{Draft, MemoryRows};
use crate::storage::Storage;
use crate::suite::Suite;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap()
}

struct Provider<'t> {
    crypto: Crypto,
    storage: Storage<'t>,
}

impl<'t> OpenMlsProvider for Provider<'t> {
    type CryptoProvider = Crypto;
    type RandProvider = Crypto;
    type StorageProvider = Storage<'t>;

    fn storage(&self) -> &Storage<'t> {
        &self.storage
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &Crypto {
        &self.crypto
    }
}

mod basics {
    use super::*;

    #[derive(Deserialize)]
    struct Basics {
        ref_hash: Case,
        expand_with_label: Case,
        derive_secret: Case,
        derive_tree_secret: Case,
        sign_with_label: Signed,
        encrypt_with_label: Sealed,
    }

    #[derive(Deserialize)]
    struct Case {
        label: String,
        #[serde(default)]
        value: String,
        #[serde(default)]
        secret: String,
        #[serde(default)]
        context: String,
        generation: Option<u32>,
        length: Option<u16>,
        out: String,
    }

    #[derive(Deserialize)]
    struct Signed {
        label: String,
        content: String,
        #[serde(rename = "pub")]
        public: String,
        signature: String,
    }

    #[derive(Deserialize)]
    struct Sealed {
        label: String,
        context: String,
        kem_output: String,
        ciphertext: String,
        plaintext: String,
        #[serde(rename = "priv")]
        private: String,
        #[serde(rename = "pub")]
        public: String,
    }

    fn vector(bytes: &[u8]) -> Vec<u8> {
        VLBytes::new(bytes.to_vec()).tls_serialize_detached().unwrap()
    }

    fn labelled(label: &str, context: &[u8]) -> Vec<u8> {
        [vector(format!("MLS 1.0 {label}").as_bytes()), vector(context)].concat()
    }

    /// RFC 9420 §8: ExpandWithLabel.
    fn expand(crypto: &Crypto, secret: &[u8], label: &str, context: &[u8], length: u16) -> Vec<u8> {
        let info = [length.to_be_bytes().to_vec(), labelled(label, context)].concat();
        crypto.hkdf_expand(HashType::Sha2_256, secret, &info, length.into()).unwrap().as_slice().to_vec()
    }

    #[test]
    fn labelled_hashes_keys_signatures_and_boxes() {
        let crypto = Crypto::new(Randomness::seeded([1; 32]));
        for case in read::<Basics>(include_str!("../../../testdata/mls/crypto-basics.json")) {
            let hash = case.ref_hash;
            let input = [vector(hash.label.as_bytes()), vector(&bytes(&hash.value))].concat();
            assert_eq!(crypto.hash(HashType::Sha2_256, &input).unwrap(), bytes(&hash.out));

            let one = case.expand_with_label;
            let length = one.length.unwrap();
            let out = expand(&crypto, &bytes(&one.secret), &one.label, &bytes(&one.context), length);
            assert_eq!(out, bytes(&one.out));
            let one = case.derive_secret;
            assert_eq!(expand(&crypto, &bytes(&one.secret), &one.label, &[], 32), bytes(&one.out));
            let one = case.derive_tree_secret;
            let (generation, length) = (one.generation.unwrap().to_be_bytes(), one.length.unwrap());
            let out = expand(&crypto, &bytes(&one.secret), &one.label, &generation, length);
            assert_eq!(out, bytes(&one.out));

            let one = case.sign_with_label;
            let (content, key) = (labelled(&one.label, &bytes(&one.content)), bytes(&one.public));
            let check = |signature: &[u8]| {
                crypto.verify_signature(SignatureScheme::ED25519, &content, &key, signature)
            };
            let mut signature = bytes(&one.signature);
            assert!(check(&signature).is_ok());
            signature[3] ^= 1;
            assert!(check(&signature).is_err());

            boxes(&crypto, &case.encrypt_with_label);
        }
    }

    fn boxes(crypto: &Crypto, one: &Sealed) {
        let config = || Suite::Classic.mls().hpke_config();
        let info = labelled(&one.label, &bytes(&one.context));
        let sealed = HpkeCiphertext {
            kem_output: bytes(&one.kem_output).into(),
            ciphertext: bytes(&one.ciphertext).into(),
        };
        let private = bytes(&one.private);
        assert_eq!(crypto.hpke_open(config(), &sealed, &private, &info, &[]).unwrap(), bytes(&one.plaintext));
        let own = crypto.hpke_seal(config(), &bytes(&one.public), &info, &[], b"own").unwrap();
        assert_eq!(crypto.hpke_open(config(), &own, &private, &info, &[]).unwrap(), b"own");
    }
}

mod passive {
    use super::*;

    #[derive(Deserialize)]
    struct Client {
        key_package: String,
        encryption_priv: String,
        init_priv: String,
        welcome: String,
        ratchet_tree: Option<String>,
        initial_epoch_authenticator: String,
        epochs: Vec<Epoch>,
    }

    #[derive(Deserialize)]
    struct Epoch {
        proposals: Vec<String>,
        commit: String,
        epoch_authenticator: String,
    }

    /// A row as OpenMLS lays it down for an own key package.
    #[derive(Serialize)]
    struct Bundle {
        key_package: KeyPackageIn,
        private_init_key: HpkePrivateKey,
        private_encryption_key: EncryptionKey,
    }

    #[derive(Serialize)]
    struct EncryptionKey {
        key: HpkePrivateKey,
    }

    pub(super) fn message(text: &str) -> MlsMessageBodyIn {
        MlsMessageIn::tls_deserialize_exact(bytes(text)).unwrap().extract()
    }

    fn config() -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder().wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY).build()
    }

    /// Lays down an own key package with its private keys.
    pub(super) fn keep(provider: &Provider<'_>, key_package: &str, init: &[u8], encryption: &[u8]) {
        let MlsMessageBodyIn::KeyPackage(key_package) = message(key_package) else { panic!("a key package") };
        let name = key_package_ref(provider, &key_package);
        let bundle = Bundle {
            key_package,
            private_init_key: init.to_vec().into(),
            private_encryption_key: EncryptionKey { key: encryption.to_vec().into() },
        };
        provider.storage.put([vec![b'k'], name].concat(), &bundle).unwrap();
    }

    fn join(provider: &Provider<'_>, client: &Client) -> MlsGroup {
        keep(provider, &client.key_package, &bytes(&client.init_priv), &bytes(&client.encryption_priv));
        let MlsMessageBodyIn::Welcome(welcome) = message(&client.welcome) else { panic!("a welcome") };
        let mut builder = StagedWelcome::build_from_welcome(provider, &config(), welcome).unwrap();
        if let Some(tree) = &client.ratchet_tree {
            builder = builder.with_ratchet_tree(RatchetTreeIn::tls_deserialize_exact(bytes(tree)).unwrap());
        }
        builder.skip_lifetime_validation().build().unwrap().into_group(provider).unwrap()
    }

    /// RefHash of RFC 9420 §5.2, as our storage names it.
    fn key_package_ref(provider: &Provider<'_>, package: &KeyPackageIn) -> Vec<u8> {
        let vector = |bytes: &[u8]| VLBytes::new(bytes.to_vec()).tls_serialize_detached().unwrap();
        let package = package.tls_serialize_detached().unwrap();
        let input = [vector(b"MLS 1.0 KeyPackage Reference"), vector(&package)].concat();
        let hash = provider.crypto.hash(HashType::Sha2_256, &input).unwrap();
        let name = openmls::prelude::KeyPackageRef::tls_deserialize_exact(vector(&hash)).unwrap();
        crate::storage::encode(&name).unwrap()
    }

    fn follow(provider: &Provider<'_>, group: &mut MlsGroup, epoch: &Epoch) {
        for proposal in &epoch.proposals {
            match process(provider, group, proposal) {
                ProcessedMessageContent::ProposalMessage(proposal) => {
                    group.store_pending_proposal(&provider.storage, *proposal).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        match process(provider, group, &epoch.commit) {
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                group.merge_staged_commit(provider, *staged).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }

    fn process(provider: &Provider<'_>, group: &mut MlsGroup, text: &str) -> ProcessedMessageContent {
        let message = MlsMessageIn::tls_deserialize_exact(bytes(text)).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        assert_ne!(message.content_type(), ContentType::Application);
        group.process_message(provider, message).unwrap().into_content()
    }

    /// Every epoch the group is loaded from the rows again, as calls of ours do.
    fn run(text: &str) -> usize {
        let mut epochs = 0;
        for client in read::<Client>(text) {
            let rows = MemoryRows::default();
            let provider = || Provider {
                crypto: Crypto::new(Randomness::seeded([2; 32])),
                storage: Storage(Draft::new(&rows)),
            };
            let first = provider();
            let id = {
                let group = join(&first, &client);
                let expected = bytes(&client.initial_epoch_authenticator);
                assert_eq!(group.epoch_authenticator().as_slice(), expected);
                group.group_id().clone()
            };
            first.storage.0.save().unwrap();
            for epoch in &client.epochs {
                let provider = provider();
                let mut group = MlsGroup::load(&provider.storage, &id).unwrap().unwrap();
                follow(&provider, &mut group, epoch);
                assert_eq!(group.epoch_authenticator().as_slice(), bytes(&epoch.epoch_authenticator));
                provider.storage.0.save().unwrap();
                epochs += 1;
            }
        }
        epochs
    }

    #[test]
    fn a_passive_client_joins() {
        assert_eq!(run(include_str!("../../../testdata/mls/passive-client-welcome.json")), 0);
    }

    #[test]
    fn a_passive_client_follows() {
        assert_eq!(run(include_str!("../../../testdata/mls/passive-client-random.json")), 24);
    }
}

/// What stands in clear on the wire, read by our own reader and by OpenMLS.
mod wire {
    use openmls::prelude::ProtocolMessage;

    use super::*;
    use crate::head::{self, Head, Kind};

    #[derive(Deserialize)]
    struct Messages {
        mls_welcome: String,
        mls_group_info: String,
        mls_key_package: String,
        public_message_application: String,
        public_message_proposal: String,
        public_message_commit: String,
        private_message: String,
    }

    #[derive(Deserialize)]
    struct Length {
        vlbytes_header: String,
        length: usize,
    }

    #[test]
    fn heads_are_read_as_openmls_reads_them() {
        let mut kinds = 0;
        for case in read::<Messages>(include_str!("../../../testdata/mls/messages.json")) {
            assert_eq!(Head::read(&bytes(&case.mls_welcome)), Some(Head::Welcome));
            assert_eq!(Head::read(&bytes(&case.mls_key_package)), Some(Head::KeyPackage));
            let public =
                [case.public_message_application, case.public_message_proposal, case.public_message_commit];
            for other in public.iter().chain([&case.mls_group_info]) {
                assert!(MlsMessageIn::tls_deserialize_exact(bytes(other)).is_ok(), "it is one");
                assert_eq!(Head::read(&bytes(other)), None, "and nothing that we take");
            }
            let private = bytes(&case.private_message);
            let Some(Head::Group(head)) = Head::read(&private) else { panic!("a head") };
            let message = MlsMessageIn::tls_deserialize_exact(&private).unwrap();
            let ProtocolMessage::PrivateMessage(message) = message.try_into_protocol_message().unwrap()
            else {
                panic!("a private message")
            };
            let kind = match message.content_type() {
                ContentType::Application => Kind::Application,
                ContentType::Proposal => Kind::Proposal,
                ContentType::Commit => Kind::Commit,
            };
            assert_eq!(
                (head.group.0.as_slice(), head.epoch),
                (message.group_id().as_slice(), message.epoch().as_u64())
            );
            assert_eq!(head.kind, kind);
            kinds += 1;
        }
        assert_eq!(kinds, 8);
    }

    #[test]
    fn lengths_are_read_in_their_shortest_form() {
        for case in read::<Length>(include_str!("../../../testdata/mls/deserialization.json")) {
            let header = bytes(&case.vlbytes_header);
            assert_eq!(head::length(&header), Some((case.length, header.len())), "{}", case.vlbytes_header);
        }
    }
}

/// An invitation alone, without the tree: what its key opens, and who signed it.
mod welcome {
    use openmls::prelude::{ProcessedWelcome, Verifiable as _};

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        init_priv: String,
        key_package: String,
        signer_pub: String,
        welcome: String,
    }

    #[test]
    fn an_invitation_is_opened_by_its_key_alone_and_was_signed() {
        for case in read::<Case>(include_str!("../../../testdata/mls/welcome.json")) {
            let opened = open(&case, &bytes(&case.init_priv)).unwrap();
            let info = opened.unverified_group_info();
            let vector = |bytes: &[u8]| VLBytes::new(bytes.to_vec()).tls_serialize_detached().unwrap();
            let signed =
                [vector(b"MLS 1.0 GroupInfoTBS"), vector(&info.unsigned_payload().unwrap())].concat();
            let signature = info.signature().tls_serialize_detached().unwrap();
            let signature = VLBytes::tls_deserialize_exact(signature).unwrap();
            let crypto = Crypto::new(Randomness::seeded([3; 32]));
            let check = |content: &[u8]| {
                let key = bytes(&case.signer_pub);
                crypto.verify_signature(SignatureScheme::ED25519, content, &key, signature.as_slice())
            };
            assert!(check(&signed).is_ok());
            assert!(check(&signed[1..]).is_err());
            let mut other = bytes(&case.init_priv);
            other[5] ^= 1;
            assert!(open(&case, &other).is_err(), "another key opens nothing");
        }
    }

    fn open(case: &Case, init_key: &[u8]) -> Result<ProcessedWelcome, String> {
        let rows = MemoryRows::default();
        let crypto = Crypto::new(Randomness::seeded([2; 32]));
        let provider = Provider { crypto, storage: Storage(Draft::new(&rows)) };
        passive::keep(&provider, &case.key_package, init_key, &[7; 32]);
        let MlsMessageBodyIn::Welcome(welcome) = passive::message(&case.welcome) else { panic!("a welcome") };
        ProcessedWelcome::new_from_welcome(&provider, &MlsGroupJoinConfig::default(), welcome)
            .map_err(|error| error.to_string())
    }
}
