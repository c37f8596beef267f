//! What an opened key file holds in memory, and the operations that leave the file as it is. It must not
//! know slots or passphrases.

use openred_core::identity::IdentityLog;
use openred_core::ids::NodeId;
use openred_core::sign::SigningKey;

use super::audit::AuditLog;
use super::handshake::Handshakes;
use super::keys::KeyState;
use super::known::Known;
use super::malformed;
use super::rate::Rate;
use crate::keyfile::Body;
use crate::ops::{AuditKind, PublicIdentity, Purpose, Refusal, Request, Response, VaultState};
use crate::seal::MasterKey;
use crate::secret::Secret;

/// The secrets of an unlocked identity. Wiped when dropped, each by its own type.
pub(crate) struct Opened {
    pub(super) master: MasterKey,
    pub(super) body: Body,
    pub(super) log: IdentityLog,
    pub(super) signing: SigningKey,
    pub(super) keys: KeyState,
    pub(super) audit: AuditLog,
    pub(super) rate: Rate,
    pub(super) handshakes: Handshakes,
    pub(super) known: Known,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("node_id", &self.node_id()).finish_non_exhaustive()
    }
}

impl Opened {
    /// Assembles what a key file and a key state hold; refuses a body whose log and key do not fit.
    pub(super) fn new(now_ms: u64, master: MasterKey, body: Body, keys: KeyState) -> Result<Self, Refusal> {
        let log = IdentityLog::parse(&body.log).map_err(|_| Refusal::KeyFileDamaged)?;
        let signing = SigningKey::from_seed(body.signing_seed);
        if signing.public() != *log.current_key() {
            return Err(Refusal::KeyFileDamaged);
        }
        let audit = AuditLog::new(body.audit);
        let (rate, handshakes, known) = (Rate::new(now_ms), Handshakes::default(), Known::default());
        Ok(Self { master, body, log, signing, keys, audit, rate, handshakes, known })
    }

    pub(super) fn node_id(&self) -> NodeId {
        self.log.node_id()
    }

    pub(super) fn identity(&self) -> PublicIdentity {
        PublicIdentity {
            node_id: self.node_id(),
            log: self.body.log.iter().cloned().map(Into::into).collect(),
        }
    }

    pub(super) fn state(&self) -> VaultState {
        let recovery_confirmed = self.body.recovery_seed.is_none();
        VaultState::Unlocked { node_id: self.node_id(), recovery_confirmed }
    }

    /// The key state, sealed for the node to store.
    pub(super) fn sealed_keys(&self) -> Result<Vec<u8>, Refusal> {
        self.keys.seal(&self.master, &self.node_id()).ok_or(Refusal::Resources)
    }

    /// Operations on what is opened; the rest was taken by the vault.
    pub(super) fn handle(&mut self, now_ms: u64, request: Request) -> Result<Response, Refusal> {
        match request {
            Request::RecoveryWords => self.recovery_words().map(Response::Words),
            Request::Renew => self.renew(now_ms).map(|state| Response::State(state.into())),
            Request::SignDescriptor(draft) => self.sign_descriptor(now_ms, draft).map(Response::Descriptor),
            Request::SignEnvelopes(batch) => self.sign_envelopes(now_ms, &batch).map(Response::Signed),
            Request::SignAgain(batch) => self.sign_again(now_ms, &batch).map(Response::Signed),
            Request::SignMail(batch) => self.sign_mail(now_ms, batch).map(Response::MailSigned),
            Request::SignOverlay(messages) => {
                self.sign_overlay(now_ms, messages).map(Response::OverlaySigned)
            }
            Request::SignCall(call) => self.sign_call(now_ms, call).map(Response::Call),
            Request::PeekGrant(peek) => self.peek_grant(now_ms, &peek).map(Response::GrantPeeked),
            Request::OpenGrant(grant) => self.open_grant(now_ms, &grant).map(Response::Grant),
            Request::DrawInvitation => self.draw_invitation().map(Response::Invited),
            Request::TakeInvitation { invite_id, inviter, secret } => {
                self.take_invitation(invite_id, inviter, &secret).map(Response::Invited)
            }
            Request::Start(start) => self.start(now_ms, &start).map(Response::Started),
            Request::CheckHello(check) => self.check_hello(now_ms, &check).map(Response::HelloChecked),
            Request::Accept(accept) => self.accept(now_ms, &accept).map(Response::Accepted),
            Request::Finish(finish) => self.finish(now_ms, finish).map(Response::Finished),
            Request::Confirm(confirm) => self.confirm(now_ms, confirm).map(Response::Confirmed),
            Request::Complete { handle, first } => {
                self.complete(now_ms, handle, &first).map(Response::Session)
            }
            Request::Abandon(handle) => Ok(self.abandon(handle)),
            Request::OpenBox { info, aad, boxed } => self
                .keys
                .open_mail(now_ms, &info, &aad, &boxed)
                .map(|plain| Response::Opened(Secret::bytes(&plain))),
            Request::MlsLeaf(lifetime_s) => self.mls_leaf(now_ms, lifetime_s).map(Response::MlsLeaf),
            Request::SignMls(content) => self.sign_mls(&content).map(Response::MlsSigned),
            Request::SignOrder(order) => Ok(Response::MlsSigned(self.sign_order(&order))),
            Request::DataKey(purpose) => Ok(Response::Key(self.data_key(purpose))),
            Request::Audit(event) => {
                self.note(now_ms, event.kind, event.peer, &event.text).map(|()| Response::Done)
            }
            Request::TakeAudit => Ok(Response::Entries(self.audit.take())),
            Request::VerifyAudit(verify) => Ok(Response::Audit(self.verify_audit(&verify))),
            Request::PairHints { tickets, day } => self.pair_hints(&tickets, day).map(Response::Hints),
            _ => Err(malformed("not an operation of an opened vault")),
        }
    }

    /// Writes an entry of the audit log.
    pub(super) fn note(
        &mut self,
        now_ms: u64,
        kind: AuditKind,
        peer: Option<NodeId>,
        text: &str,
    ) -> Result<(), Refusal> {
        let head_seq = self.log.head_seq();
        self.audit.append(&self.master, &self.signing, head_seq, now_ms, kind, peer, text)
    }

    fn data_key(&self, purpose: Purpose) -> Secret {
        Secret::bytes(self.master.derive(purpose.as_str()).as_slice())
    }
}
