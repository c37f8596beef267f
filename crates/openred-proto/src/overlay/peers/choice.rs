//! Whom to talk to: choices that no neighbour can steer, because at least half of each falls on links that this node
//! drew or the owner pinned.
//!
//! Must not know: what is said to them.

use openred_core::ids::NodeId;

use super::{Peers, link::Link};

impl Peers {
    /// Up to `n` active peers, drawn anew: at least half of them outbound or pinned, so fewer than `n` when these are
    /// few; any when there are none. No light nodes: they want no payload.
    #[must_use]
    pub fn fanout(&mut self, n: usize) -> Vec<NodeId> {
        let (mut steady, mut others) = (self.pick(Link::is_steady), self.pick(|link| !link.is_steady()));
        if steady.is_empty() {
            return self.draw.take_some(&mut others, n);
        }
        let mut chosen = self.draw.take_some(&mut steady, n.div_ceil(2));
        let room = if steady.is_empty() { n.min(2 * chosen.len()) } else { n };
        others.append(&mut steady);
        let more = self.draw.take_some(&mut others, room - chosen.len());
        chosen.extend(more);
        chosen
    }

    /// All active peers that are not on probation and not light, in order of id: whom own messages go to at first.
    #[must_use]
    pub fn full(&self) -> Vec<NodeId> {
        self.pick(|link| link.slot != super::Slot::Probation)
    }

    /// With whom to reconcile next: an outbound or pinned peer that `answers`, else any that does, else an outbound or
    /// pinned one all the same; another than the last time when there is one. None without any outbound or pinned peer:
    /// those who drew us reconcile with us.
    #[must_use]
    pub fn reconcile_partner(&mut self, answers: impl Fn(&NodeId) -> bool) -> Option<NodeId> {
        let steady = self.pick(Link::is_steady);
        let answering = |of: &[NodeId]| of.iter().filter(|id| answers(id)).copied().collect::<Vec<_>>();
        let mut partners = answering(&steady);
        if partners.is_empty() && !steady.is_empty() {
            partners = answering(&self.pick(|_| true));
        }
        if partners.is_empty() {
            partners = steady;
        }
        if partners.len() > 1 {
            partners.retain(|id| Some(*id) != self.last_partner);
        }
        self.last_partner = self.draw.take(&mut partners);
        self.last_partner
    }

    fn pick(&self, wanted: impl Fn(&Link) -> bool) -> Vec<NodeId> {
        let fit = self.links.active().filter(|(_, link)| !link.light && wanted(link));
        fit.map(|(id, _)| *id).collect()
    }
}
