//! Ranges of a reconciliation (PROTOCOL Annex A.8). Must not know the set that they are ranges of.

use crate::codec::{Reader, Writer};
use crate::ids::Id16;
use crate::overlay::{Invalid, RANGES_MAX, list};

/// What is said about the elements from the bound of the range before (for the first: from the beginning) to below
/// the range's own upper bound. Elements are ordered by (timestamp, id).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Timestamp of the bound, unix seconds; 2^64 − 1 with an empty id is the end of everything.
    pub upper_time: u64,
    /// Prefix of an id, ≤ 32 bytes, compared as bytes.
    pub upper_id: Vec<u8>,
    /// What is said.
    pub data: RangeData,
}

/// What is said about a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeData {
    /// Mode 0: nothing to do.
    Skip,
    /// Mode 1: SHA-256(Σ ids mod 2^256 ‖ count:u64)[..16] of the sender's elements.
    Fingerprint([u8; 16]),
    /// Mode 2: the sender's elements, to be answered by mode 3.
    Ids(Vec<Id16>),
    /// Mode 3: the sender's elements, the answer to mode 2.
    IdsAnswer(Vec<Id16>),
}

impl Range {
    /// Whether ranges cover everything in ascending order: at least one and at most [`RANGES_MAX`], none empty, the
    /// last bound the end of everything.
    ///
    /// # Errors
    /// [`Invalid`] by name: `no ranges`, `too many ranges`, `ranges out of order`, `range bound too long`, `ranges
    /// without end`.
    pub fn check(ranges: &[Self]) -> Result<(), Invalid> {
        let last = ranges.last().ok_or(Invalid("no ranges"))?;
        if ranges.len() > RANGES_MAX {
            return Err(Invalid("too many ranges"));
        }
        let mut before = (0, [].as_slice());
        for range in ranges {
            if range.upper_id.len() > 32 {
                return Err(Invalid("range bound too long"));
            }
            let upper = (range.upper_time, range.upper_id.as_slice());
            if upper <= before {
                return Err(Invalid("ranges out of order"));
            }
            before = upper;
        }
        let ends = last.upper_time == u64::MAX && last.upper_id.is_empty();
        if ends { Ok(()) } else { Err(Invalid("ranges without end")) }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.array(4).uint(self.upper_time).bin(&self.upper_id);
        match &self.data {
            RangeData::Skip => {
                w.uint(0).nil();
            }
            RangeData::Fingerprint(fingerprint) => {
                w.uint(1).bin(fingerprint);
            }
            RangeData::Ids(ids) => write_ids(w.uint(2), ids),
            RangeData::IdsAnswer(ids) => write_ids(w.uint(3), ids),
        }
    }

    pub(super) fn read_all(r: &mut Reader<'_>) -> Result<Vec<Self>, Invalid> {
        let ranges = list(r, RANGES_MAX, Self::read)?;
        Self::check(&ranges)?;
        Ok(ranges)
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        r.array_of(4)?;
        let (upper_time, upper_id) = (r.uint()?, r.bin()?);
        if upper_id.len() > 32 {
            return Err(Invalid("range bound too long"));
        }
        let data = match r.uint()? {
            0 => {
                r.nil_or(|_| Err::<(), _>(Invalid("malformed")))?;
                RangeData::Skip
            }
            1 => RangeData::Fingerprint(r.bin_of()?),
            2 => RangeData::Ids(read_ids(r)?),
            3 => RangeData::IdsAnswer(read_ids(r)?),
            _ => return Err(Invalid("range mode")),
        };
        Ok(Self { upper_time, upper_id: upper_id.to_vec(), data })
    }
}

fn write_ids(w: &mut Writer, ids: &[Id16]) {
    w.array(ids.len());
    for id in ids {
        w.bin(&id.0);
    }
}

/// As many as the frame has room for.
fn read_ids(r: &mut Reader<'_>) -> Result<Vec<Id16>, Invalid> {
    let len = r.array()?;
    if len > r.rest().len() / 18 {
        return Err(Invalid("malformed"));
    }
    (0..len).map(|_| Ok(Id16(r.bin_of()?))).collect()
}
