//! What must hold, after each turn and in the end. Must not know: how the machine keeps it.

use std::collections::BTreeSet;

use openred_core::ids::NodeId;

use super::disk::Disk;
use super::world::{DAY, MINUTE, Setup, World};

impl World {
    /// After each turn: no snapshot outlives a day, nothing grows without bound.
    pub(super) fn check_turn(&mut self, at: NodeId, now_ms: u64) {
        let Some(disk) = &self.nodes[&at].disk else { return };
        let old = disk.snapshots.values().any(|(_, taken_ms)| now_ms > taken_ms + DAY + 10 * MINUTE);
        let many = disk.snapshots.len() > 9 || disk.commits.len() > 96;
        if old {
            self.facts.broke(format!("{at:?} keeps a snapshot for more than a day"));
        }
        if many {
            self.facts.broke(format!("{at:?} keeps more than it should"));
        }
    }

    /// In the end.
    pub(super) fn check_end(&mut self) {
        let broken = [
            self.one_chain(),
            self.everything_is_read(),
            self.removed_are_out(),
            self.nothing_is_left(),
            self.calm_groups_never_go_back(),
            self.calm_groups_need_no_healing(),
        ];
        broken.into_iter().flatten().for_each(|what| self.facts.broke(what));
        let accused: Vec<NodeId> = self.facts.liars.iter().copied().collect();
        for sequencer in accused.into_iter().filter(|id| id.0[0] - 200 >= self.setup.liars) {
            self.facts.broke(format!("{sequencer:?} is accused and has not lied"));
        }
    }

    /// Whoever was never to be removed, and is a member somewhere. Who was brought by somebody who was removed at the same time
    /// is no member of what stays, and nobody else wanted that: a limit that is known.
    fn staying(&self) -> Vec<(NodeId, &Disk)> {
        let removed: BTreeSet<NodeId> = self.removals.iter().map(|(_, who, _)| *who).collect();
        let joined = self.nodes.iter().filter_map(|(id, node)| Some((*id, node.disk.as_ref()?)));
        let joined: Vec<_> = joined.filter(|(id, _)| !removed.contains(id)).collect();
        let first = joined.iter().find(|(id, _)| !self.brought.contains_key(id));
        let members = first.map(|(_, disk)| disk.order.view().members.clone()).unwrap_or_default();
        let is_left = |id: &NodeId| {
            self.brought.get(id).is_some_and(|by| removed.contains(by)) && !members.contains(id)
        };
        joined.into_iter().filter(|(id, _)| !is_left(id)).collect()
    }

    fn one_chain(&self) -> Option<String> {
        let staying = self.staying();
        let places: Vec<_> = staying
            .iter()
            .map(|(id, disk)| (*id, disk.order.view().epoch, disk.order.view().tag, disk.toy.now.is_some()))
            .collect();
        let (_, epoch, tag, _) = places[0];
        let apart = places.iter().any(|place| (place.1, place.2) != (epoch, tag) || !place.3);
        let members = &staying[0].1.order.view().members;
        let absent = staying.iter().any(|(id, _)| !members.contains(id));
        (apart || absent).then(|| format!("members are not in one epoch: {places:?}, of {members:?}"))
    }

    fn everything_is_read(&self) -> Option<String> {
        let staying = self.staying();
        for (id, (author, readers)) in &self.audience {
            if !staying.iter().any(|(who, _)| who == author) {
                continue;
            }
            let unread = staying
                .iter()
                .find(|(who, disk)| readers.contains(who) && !disk.read.values().any(|says| says == id));
            if let Some((who, _)) = unread {
                return Some(format!("{who:?} cannot read message {id} of {author:?}"));
            }
        }
        None
    }

    /// Removals that a member wanted who stayed.
    fn removed_are_out(&self) -> Option<String> {
        let staying = self.staying();
        let wished = self.removals.iter().filter(|(_, _, by)| staying.iter().any(|(who, _)| who == by));
        let wished: Vec<_> = wished.collect();
        let (_, disk) = staying.first()?;
        let members = &disk.order.view().members;
        let left = wished.iter().find(|(_, who, _)| members.contains(who));
        left.map(|(_, who, by)| format!("{who:?} is still a member, though {by:?} removed it"))
    }

    fn nothing_is_left(&self) -> Option<String> {
        for (id, disk) in self.staying() {
            if !disk.snapshots.is_empty() {
                return Some(format!("{id:?} still has a snapshot"));
            }
            let open = disk.changes.keys().filter(|change| !disk.done.contains(change)).count();
            if open > 0 {
                return Some(format!("a change that {id:?} wanted is not made"));
            }
        }
        None
    }

    fn saw(&self, what: &str) -> u64 {
        self.facts.seen.get(what).copied().unwrap_or(0)
    }

    /// With sequencers that are reached at once and say the truth, two commits for one epoch are never both applied.
    fn calm_groups_never_go_back(&self) -> Option<String> {
        let Setup { cut_hours, away, liars, sequencers, crashes, loss, .. } = self.setup;
        let calm = cut_hours == 0 && crashes == 0 && loss == 0 && !away && liars == 0 && sequencers > 0;
        let times = self.saw("went back") + self.saw("added again");
        (calm && times > 0).then(|| format!("went back {times} times in a calm group"))
    }

    /// Where everything arrives within seconds, the better of two commits is enough: nobody is added again.
    fn calm_groups_need_no_healing(&self) -> Option<String> {
        let Setup { cut_hours, away, liars, crashes, sequencers, .. } = self.setup;
        let calm = cut_hours == 0 && crashes == 0 && liars == 0 && (!away || sequencers == 0);
        let times = self.saw("added again");
        (calm && times > 0).then(|| format!("members were added {times} times again in a calm group"))
    }
}
