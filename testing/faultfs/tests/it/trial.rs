//! One life of a store whose disk fails once: begun, used, hit, settled, opened again, compared.
//!
//! Must not know: what a store is asked, what it should answer; that is the client's.

use std::path::{Path, PathBuf};

use super::disk::Loss;
use super::driver::{Driver, Ended, Fault, Place, command};

/// The process died in the middle of a call. What was asked may have happened or not.
#[derive(Debug)]
pub(crate) struct Died;

/// Who uses a store, and keeps a list of its own of what was acknowledged. What contradicts the list is a panic.
pub(crate) trait Client: Default {
    /// What the driver is to open.
    const KIND: &'static str;

    /// Where the store lies in its folder.
    fn path(folder: &Path) -> PathBuf;

    /// Uses the store in every way. Refusals are noted where `may_refuse`, and a contradiction elsewhere. A start that is
    /// refused is tried again after `relieve`.
    fn use_all(
        &mut self,
        driver: &mut Driver,
        may_refuse: bool,
        relieve: &mut dyn FnMut(),
    ) -> Result<(), Died>;

    /// Compares with the list, and learns what became of calls that nobody answered.
    fn compare(&mut self, driver: &mut Driver) -> Result<(), Died>;

    /// The store works: everything is asked once more, and must be done.
    fn works(&mut self, driver: &mut Driver) -> Result<(), Died>;

    /// The last call before a stop, if there is one.
    fn stop(&mut self, driver: &mut Driver) -> Result<(), Died>;
}

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    Yes,
    /// The process made fewer operations.
    No,
}

/// The fault at operation `at`. Panics when the client's list and the store differ.
pub(crate) fn trial<C: Client>(place: &mut Place, fault: Fault, at: u64) -> Hit {
    let mut client = C::default();
    let hit = if fault.kills() {
        dies(place, &mut client, fault, at)
    } else {
        lives_on(place, &mut client, fault, at)
    };
    aftermath(place, &mut client);
    hit
}

fn dies<C: Client>(place: &mut Place, client: &mut C, fault: Fault, at: u64) -> Hit {
    let seed = at * 31 + 7;
    let loss = if fault == Fault::Tear { Loss::Torn(seed) } else { Loss::All };
    let died = match begin::<C>(place, at, fault) {
        Ok(mut driver) => {
            let used = client.use_all(&mut driver, false, &mut || panic!("a start was refused"));
            let died = used.is_err();
            if died {
                drop(driver.dead())
            } else {
                driver.kill()
            }
            died
        }
        Err(Ended::Died) => true,
        Err(Ended::Refused(why)) => panic!("a start was refused: {why}"),
    };
    place.power_cut(loss, died);
    if fault == Fault::Tear {
        dies_again_in_its_next_start::<C>(place, seed);
    }
    if died { Hit::Yes } else { Hit::No }
}

fn dies_again_in_its_next_start<C: Client>(place: &mut Place, seed: u64) {
    let died = match begin::<C>(place, seed % 12 + 1, Fault::Kill) {
        Ok(driver) => {
            driver.kill();
            false
        }
        Err(Ended::Died) => true,
        Err(Ended::Refused(why)) => panic!("the start after it was refused: {why}"),
    };
    place.power_cut(Loss::Torn(seed + 1), died);
}

fn lives_on<C: Client>(place: &mut Place, client: &mut C, fault: Fault, at: u64) -> Hit {
    let mut driver = match begin::<C>(place, at, fault) {
        Ok(driver) => driver,
        Err(Ended::Refused(_)) => {
            place.power_cut(Loss::All, true);
            return Hit::Yes;
        }
        Err(Ended::Died) => panic!("it died of a fault that it should survive"),
    };
    let done = client.use_all(&mut driver, true, &mut || place.give_space());
    if !place.was_hit() {
        driver.kill();
        place.power_cut(Loss::All, false);
        return Hit::No;
    }
    done.and_then(|()| {
        place.give_space();
        client.works(&mut driver)?;
        client.compare(&mut driver)?;
        if at.is_multiple_of(2) { client.stop(&mut driver) } else { Ok(()) }
    })
    .unwrap_or_else(|Died| panic!("it died of a fault that it should survive"));
    driver.kill();
    place.power_cut(Loss::All, false);
    Hit::Yes
}

/// Another process opens what was left; then its power is cut too.
pub(crate) fn aftermath<C: Client>(place: &mut Place, client: &mut C) {
    for last in [false, true] {
        let mut driver = match begin::<C>(place, 0, Fault::Kill) {
            Ok(driver) => driver,
            Err(ended) => panic!("the next start: {ended:?}"),
        };
        let done = client.compare(&mut driver).and_then(|()| client.works(&mut driver));
        let done = done.and_then(|()| client.compare(&mut driver));
        done.unwrap_or_else(|Died| panic!("it died without a fault"));
        driver.kill();
        if !last {
            place.power_cut(Loss::All, false);
        }
    }
}

pub(crate) fn begin<C: Client>(place: &Place, at: u64, fault: Fault) -> Result<Driver, Ended> {
    Driver::begin(command(place, C::KIND, &C::path(&place.folder), at, fault))
}
