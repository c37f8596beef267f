//! One method per request, with the answer's type. It must not know more than [`crate::ops`] does.

use openred_core::ids::{Id16, NodeId};
use openred_core::sign::Signature;

use super::{Answer, Keeper};
use crate::blob::Blob;
use crate::keyfile::KdfCost;
use crate::ops::{
    Accept, Accepted, AuditEvent, AuditReport, AuditVerify, Call, CheckHello, CommitOrder, Confirm,
    Confirmed, Created, DescriptorDraft, Finish, Finished, GrantOpened, GrantPeeked, HelloChecked, Invited,
    MailDraft, MailSigned, MlsLeaf, OpenGrant, PeekGrant, Purpose, Request, Response, Session, SignedCall,
    SignedDescriptor, SignedEnvelope, Start, Started, Status, Unlock, Unlocked,
};
use crate::secret::Secret;
use crate::wire::IPC_VERSION;

/// The value inside the one kind of response that answers a request.
macro_rules! of {
    ($kind:ident) => {
        |response| match response {
            Response::$kind(value) => Some(value),
            _ => None,
        }
    };
}

fn done(response: Response) -> Option<()> {
    matches!(response, Response::Done).then_some(())
}

impl Keeper {
    pub(super) fn version(&self) -> Answer<u32> {
        Answer::new(self.ask(Request::Version(IPC_VERSION)), of!(Version))
    }

    /// How the keeper is doing; works in every state.
    pub fn status(&self) -> Answer<Status> {
        Answer::new(self.ask(Request::Status), of!(Status))
    }

    /// [`Request::Create`].
    pub fn create(&self, passphrase: Secret, cost: KdfCost) -> Answer<Created> {
        Answer::new(self.ask(Request::Create { passphrase, cost }), of!(Created))
    }

    /// [`Request::Unlock`].
    pub fn unlock(&self, unlock: Unlock) -> Answer<Unlocked> {
        Answer::new(self.ask(Request::Unlock(unlock)), of!(Unlocked))
    }

    /// [`Request::Lock`]: the last entries of the audit log.
    pub fn lock(&self) -> Answer<Vec<Blob>> {
        Answer::new(self.ask(Request::Lock), of!(Entries))
    }

    /// [`Request::ChangePassphrase`]: bytes of the new key file.
    pub fn change_passphrase(&self, old: Secret, new: Secret) -> Answer<Blob> {
        Answer::new(self.ask(Request::ChangePassphrase { old, new }), of!(KeyFile))
    }

    /// [`Request::ResetPassphrase`]: bytes of the new key file.
    pub fn reset_passphrase(&self, words: Secret, new: Secret) -> Answer<Blob> {
        Answer::new(self.ask(Request::ResetPassphrase { words, new }), of!(KeyFile))
    }

    /// [`Request::AddCredential`]: bytes of the new key file.
    pub fn add_credential(&self, credential: Secret) -> Answer<Blob> {
        Answer::new(self.ask(Request::AddCredential(credential)), of!(KeyFile))
    }

    /// [`Request::RecoveryWords`].
    pub fn recovery_words(&self) -> Answer<Secret> {
        Answer::new(self.ask(Request::RecoveryWords), of!(Words))
    }

    /// [`Request::ConfirmRecovery`]: bytes of the new key file.
    pub fn confirm_recovery(&self) -> Answer<Blob> {
        Answer::new(self.ask(Request::ConfirmRecovery), of!(KeyFile))
    }

    /// [`Request::Rotate`].
    pub fn rotate(&self, words: Secret) -> Answer<Created> {
        Answer::new(self.ask(Request::Rotate { words }), of!(Created))
    }

    /// [`Request::Renew`]: sealed key state to store.
    pub fn renew(&self) -> Answer<Blob> {
        Answer::new(self.ask(Request::Renew), of!(State))
    }

    /// [`Request::SignDescriptor`].
    pub fn sign_descriptor(&self, draft: DescriptorDraft) -> Answer<SignedDescriptor> {
        Answer::new(self.ask(Request::SignDescriptor(draft)), of!(Descriptor))
    }

    /// [`Request::SignEnvelopes`].
    pub fn sign_envelopes(&self, unsigned: Vec<Blob>) -> Answer<Vec<SignedEnvelope>> {
        Answer::new(self.ask(Request::SignEnvelopes(unsigned)), of!(Signed))
    }

    /// [`Request::SignAgain`].
    pub fn sign_again(&self, signed: Vec<Blob>) -> Answer<Vec<SignedEnvelope>> {
        Answer::new(self.ask(Request::SignAgain(signed)), of!(Signed))
    }

    /// [`Request::SignMail`].
    pub fn sign_mail(&self, items: Vec<MailDraft>) -> Answer<MailSigned> {
        Answer::new(self.ask(Request::SignMail(items)), of!(MailSigned))
    }

    /// [`Request::SignOverlay`].
    pub fn sign_overlay(&self, messages: Vec<Blob>) -> Answer<Signature> {
        Answer::new(self.ask(Request::SignOverlay(messages)), of!(OverlaySigned))
    }

    /// [`Request::SignCall`].
    pub fn sign_call(&self, call: Call) -> Answer<SignedCall> {
        Answer::new(self.ask(Request::SignCall(call)), of!(Call))
    }

    /// [`Request::PeekGrant`].
    pub fn peek_grant(&self, peek: PeekGrant) -> Answer<GrantPeeked> {
        Answer::new(self.ask(Request::PeekGrant(peek)), of!(GrantPeeked))
    }

    /// [`Request::OpenGrant`].
    pub fn open_grant(&self, grant: OpenGrant) -> Answer<GrantOpened> {
        Answer::new(self.ask(Request::OpenGrant(grant)), of!(Grant))
    }

    /// [`Request::DrawInvitation`].
    pub fn draw_invitation(&self) -> Answer<Invited> {
        Answer::new(self.ask(Request::DrawInvitation), of!(Invited))
    }

    /// [`Request::TakeInvitation`].
    pub fn take_invitation(&self, invite_id: Id16, inviter: NodeId, secret: Secret) -> Answer<Invited> {
        Answer::new(self.ask(Request::TakeInvitation { invite_id, inviter, secret }), of!(Invited))
    }

    /// [`Request::Start`].
    pub fn start(&self, start: Start) -> Answer<Started> {
        Answer::new(self.ask(Request::Start(start)), of!(Started))
    }

    /// [`Request::CheckHello`].
    pub fn check_hello(&self, check: CheckHello) -> Answer<HelloChecked> {
        Answer::new(self.ask(Request::CheckHello(check)), of!(HelloChecked))
    }

    /// [`Request::Accept`].
    pub fn accept(&self, accept: Accept) -> Answer<Accepted> {
        Answer::new(self.ask(Request::Accept(accept)), of!(Accepted))
    }

    /// [`Request::Finish`].
    pub fn finish(&self, finish: Finish) -> Answer<Finished> {
        Answer::new(self.ask(Request::Finish(finish)), of!(Finished))
    }

    /// [`Request::Confirm`].
    pub fn confirm(&self, confirm: Confirm) -> Answer<Confirmed> {
        Answer::new(self.ask(Request::Confirm(confirm)), of!(Confirmed))
    }

    /// [`Request::Complete`].
    pub fn complete(&self, handle: u64, first: Blob) -> Answer<Session> {
        Answer::new(self.ask(Request::Complete { handle, first }), of!(Session))
    }

    /// [`Request::Abandon`].
    pub fn abandon(&self, handle: u64) -> Answer<()> {
        Answer::new(self.ask(Request::Abandon(handle)), done)
    }

    /// [`Request::OpenBox`].
    pub fn open_box(&self, info: Blob, aad: Blob, boxed: Blob) -> Answer<Secret> {
        Answer::new(self.ask(Request::OpenBox { info, aad, boxed }), of!(Opened))
    }

    /// [`Request::MlsLeaf`].
    pub fn mls_leaf(&self, lifetime_s: u64) -> Answer<MlsLeaf> {
        Answer::new(self.ask(Request::MlsLeaf(lifetime_s)), of!(MlsLeaf))
    }

    /// [`Request::SignMls`].
    pub fn sign_mls(&self, content: Blob) -> Answer<Signature> {
        Answer::new(self.ask(Request::SignMls(content)), of!(MlsSigned))
    }

    /// [`Request::SignOrder`].
    pub fn sign_order(&self, order: CommitOrder) -> Answer<Signature> {
        Answer::new(self.ask(Request::SignOrder(order)), of!(MlsSigned))
    }

    /// [`Request::DataKey`]: 32 bytes.
    pub fn data_key(&self, purpose: Purpose) -> Answer<Secret> {
        Answer::new(self.ask(Request::DataKey(purpose)), of!(Key))
    }

    /// [`Request::Audit`].
    pub fn audit(&self, event: AuditEvent) -> Answer<()> {
        Answer::new(self.ask(Request::Audit(event)), done)
    }

    /// [`Request::TakeAudit`]: at most 256 entries; ask again until there are none.
    pub fn take_audit(&self) -> Answer<Vec<Blob>> {
        Answer::new(self.ask(Request::TakeAudit), of!(Entries))
    }

    /// [`Request::VerifyAudit`].
    pub fn verify_audit(&self, verify: AuditVerify) -> Answer<AuditReport> {
        Answer::new(self.ask(Request::VerifyAudit(verify)), of!(Audit))
    }

    /// [`Request::CheckpointAudit`]: bytes of the new key file.
    pub fn checkpoint_audit(&self) -> Answer<Blob> {
        Answer::new(self.ask(Request::CheckpointAudit), of!(KeyFile))
    }

    /// [`Request::PairHints`].
    pub fn pair_hints(&self, tickets: Vec<Blob>, day: u64) -> Answer<Vec<Option<[u8; 8]>>> {
        Answer::new(self.ask(Request::PairHints { tickets, day }), of!(Hints))
    }

    /// Tries what the sandbox forbids; only in builds with debug assertions.
    #[cfg(debug_assertions)]
    pub fn probe(&self) -> Answer<Vec<i32>> {
        Answer::new(self.ask(Request::Probe), of!(Probed))
    }
}
