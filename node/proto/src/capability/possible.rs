//! What two devices can do together, each way, and what stands against the
//! rest (CAP-1, CAP-2; spec 02, "What is possible").

use crate::registry::registry;
use crate::rights::{Right, Rights};
use crate::seal::{Kem, best_common};

use super::{Capability, Codec, Codecs, Means};

/// Who shows something to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sharer {
    /// The first device shares, the second one joins.
    First,
    /// The second device shares, the first one joins.
    Second,
}

/// One means in one direction, with what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// By which means.
    pub means: Means,
    /// Who shares.
    pub sharer: Sharer,
    /// What both can do, or why it is not possible.
    pub outcome: Result<Possible, Impossible>,
}

/// What both sides can do by one means in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possible {
    /// The rights that the sharer can give and the viewer can use; `View` is
    /// always among them.
    pub rights: Rights,
    /// The codecs of both. Empty for hosted sessions, which bring their own.
    pub codecs: Codecs,
    /// The strongest KEM that both list.
    pub kem: Kem,
}

registry! {
    /// Why something isn't possible between two devices. The numbers travel;
    /// the words are the reader's (UI-6).
    enum Impossible;
    /// The sharing side can't be shared by this means.
    SharerCannot = 1, "sharer-cannot";
    /// The viewing side has no program for this means.
    ViewerCannot = 2, "viewer-cannot";
    /// The sides have no right in common; not even seeing.
    NoCommonRight = 3, "no-common-right";
    /// The sides have no codec in common.
    NoCommonCodec = 4, "no-common-codec";
    /// The sides have no way of sealing in common.
    NoCommonKem = 5, "no-common-kem";
}

/// What is possible between two devices: every means known here, in both
/// directions, in a fixed order. Swapping the devices swaps the directions
/// and changes nothing else.
#[must_use]
pub fn possible(first: &Capability, second: &Capability) -> Vec<Way> {
    Means::all()
        .flat_map(|means| {
            [
                (Sharer::First, first, second),
                (Sharer::Second, second, first),
            ]
            .map(|(sharer, shares, joins)| Way {
                means,
                sharer,
                outcome: one_way(means, shares, joins),
            })
        })
        .collect()
}

fn one_way(means: Means, shares: &Capability, joins: &Capability) -> Result<Possible, Impossible> {
    let given = shares.offer(means).and_then(|o| o.share);
    let given = given.ok_or(Impossible::SharerCannot)?;
    let used = joins.offer(means).and_then(|o| o.join);
    let used = used.ok_or(Impossible::ViewerCannot)?;
    let rights = given.intersection(used);
    if !rights.contains(Right::View) {
        return Err(Impossible::NoCommonRight);
    }
    let codecs = match means {
        Means::Native => shares.codecs.intersection(joins.codecs),
        Means::Hosted(..) => Codecs::NONE,
    };
    // Without lossless tiles there is no native share: film is an addition.
    if means == Means::Native && !codecs.contains(Codec::Tiles) {
        return Err(Impossible::NoCommonCodec);
    }
    let kem = best_common(&shares.kems, &joins.kems).ok_or(Impossible::NoCommonKem)?;
    Ok(Possible {
        rights,
        codecs,
        kem,
    })
}
