//! Every limit of the order of commits in one place, each with its reason (PROTOCOL §8).
//!
//! Must not know: who enforces them.

/// Sequencers of a group; a fourth would be asked when three are away, which is rarer than the cost of asking.
pub const SEQUENCERS_MAX: usize = 3;
/// A sequencer that says nothing for so long is passed over, this time.
pub const ASK_WAIT_MS: u64 = 10_000;
/// Between the first two rounds through the sequencers; doubles each time.
pub const ROUND_MS: u64 = 30_000;
/// Longest wait between two rounds.
pub const ROUND_LONGEST_MS: u64 = 1_800_000;
/// So long a commit waits for an order, and so long another may still displace it.
pub const SETTLED_MS: u64 = 24 * 3_600_000;
/// Steps that may still be displaced, each with a snapshot; the oldest counts as settled before a ninth is made.
pub const SNAPSHOTS_MAX: usize = 8;
/// Steps of the own chain that are remembered: how far back branches can be compared.
pub const STEPS_MAX: usize = 32;
/// Removals that are remembered beside the chain, for [`SETTLED_MS`]: more than any group loses in a day.
pub const REMOVED_MAX: usize = 512;
/// Commits that are remembered, of the own chain and others. The worst goes first.
pub const COMMITS_MAX: usize = 96;
/// Commits of epochs that lie further ahead are not kept: whoever is so far behind is given them again.
pub const AHEAD_MAX: u64 = 32;
/// Epochs back whose messages can still be opened (`max_past_epochs`), for at most [`SETTLED_MS`].
pub const PAST_EPOCHS: u64 = 5;
/// Messages that wait for their epoch; the oldest is refused first, and its author sends it again.
pub const HELD_MAX: usize = 256;
/// Own changes that wait.
pub const WANTS_MAX: usize = 32;
/// Between two comparisons with the same member.
pub const COMPARE_MS: u64 = 120_000;
/// The same, when a tear is older than [`HEAL_MS`]: then it takes a commit, not a comparison.
pub const COMPARE_LONGEST_MS: u64 = 1_800_000;
/// A fork that comparing does not end within this time is healed by adding the smaller side again.
pub const HEAL_MS: u64 = 600_000;
/// A position that a member told counts for so long.
pub const POSITION_MS: u64 = 2 * COMPARE_LONGEST_MS;
/// Whoever was not added again for so long makes the group anew.
pub const REBOOT_MS: u64 = 24 * 3_600_000;
/// Between the first refusal and sending again: whoever was only late can open the newest epoch at once. Doubles each time.
pub const RESEND_MS: u64 = 10_000;
/// Longest wait between a refusal and sending again: what stands between the two may be a tear, and takes a while. Without refusals
/// for twice as long, the next is a first one.
pub const RESEND_LONGEST_MS: u64 = 1_800_000;
/// Groups that a sequencer orders.
pub const GROUPS_MAX: usize = 65_536;
/// Epochs of a group that a sequencer remembers; lower ones it orders no more.
pub const EPOCHS_MAX: usize = 64;
/// A group of which a sequencer heard nothing for so long is forgotten; what it ordered is long settled.
pub const GROUP_SECS: u64 = 30 * 86_400;
