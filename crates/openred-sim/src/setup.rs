//! What a run is made of: how many, who, where, in which weather. Must not know: what happens in it.

use openred_proto::overlay::Config;

use crate::{dice::Dice, evil::Role, weather::Weather};

/// See the module.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Everything follows from it.
    pub seed: u64,
    /// What each node is up to.
    pub roles: Vec<Role>,
    /// Address groups that evil nodes share; honest ones draw theirs from thousands.
    pub evil_groups: u16,
    /// What all nodes are configured with.
    pub config: Config,
    /// How links behave.
    pub weather: Weather,
    /// Addresses that a node knows at its first start.
    pub bootstrap: usize,
    /// Every node checks every signature.
    pub real_crypto: bool,
    /// What nodes say to their stores is kept, so that they can return.
    pub stores: bool,
    /// Bytes of each payload.
    pub payload: usize,
    /// Seconds that messages live.
    pub life_s: u64,
    /// Nothing happens any more once a promise broke.
    pub stops: bool,
}

impl Setup {
    /// `nodes` honest nodes on a good day.
    #[must_use]
    pub fn new(seed: u64, nodes: usize) -> Self {
        Self {
            seed,
            roles: vec![Role::Honest; nodes],
            evil_groups: 10_000,
            config: Config::standard(),
            weather: Weather::calm(),
            bootstrap: 16,
            real_crypto: false,
            stores: false,
            payload: 1000,
            life_s: 86_400,
            stops: false,
        }
    }

    /// Gives a drawn share (in thousandths) of the nodes this role.
    #[must_use]
    pub fn with(mut self, thousandths: usize, role: Role) -> Self {
        let count = self.roles.len() * thousandths / 1000;
        let honest: Vec<usize> = (0..self.roles.len()).filter(|at| self.roles[*at] == Role::Honest).collect();
        let mut dice = Dice::new(self.seed, &format!("{role:?}"));
        for at in dice.some(honest.len(), count) {
            self.roles[honest[at]] = role;
        }
        self
    }
}
