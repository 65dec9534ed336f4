//! What can be shared with a contact, in which direction, and what stands
//! against the rest (CAP-2); and the ways that lead to a device (PORT-1).

use kith_proto::id::DeviceId;
use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, RoomRef};

/// What can be shared with one contact now. Told as an answer to
/// [`crate::Request::Features`], and as an event whenever it changes within
/// ten minutes of such a request: ask again while it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// With whom.
    pub person: PersonRef,
    /// All their devices taken together: what the best of them makes possible.
    pub all: Vec<FeatureState>,
    /// Each of their devices for itself.
    pub devices: Vec<DeviceFeatures>,
}

/// What can be shared with one device of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFeatures {
    /// The device.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// The ways that lead there, as last tried.
    pub path: PathInfo,
    /// Every means, in both directions.
    pub features: Vec<FeatureState>,
}

/// Whether one means of sharing works, in one direction (CAP-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureState {
    /// native, rdp join, vnc shadow, …
    pub means: String,
    /// i-share or they-share.
    pub direction: String,
    /// enabled; checking: everything allows it, and the way is being tried;
    /// disabled.
    pub state: String,
    /// Where it is disabled: where the first reason was found.
    pub step: Option<String>,
    /// Where it is disabled: the first reason's code.
    pub reason: Option<String>,
    /// Where it is disabled: the first reason in words.
    pub text: Option<String>,
    /// Everything that stands against it, the nearest first: with what the
    /// person here could change.
    #[serde(default)]
    pub reasons: Vec<FeatureReason>,
    /// What would be possible.
    pub rights: Vec<String>,
    /// How much could be seen at most: `window`, `application`,
    /// `applications`, `desktop`; empty where it is disabled.
    #[serde(default)]
    pub view: String,
    /// How much could be controlled at most.
    #[serde(default)]
    pub control: String,
    /// Who may begin: `invite` (the sharer), `request` (the viewer).
    #[serde(default)]
    pub begins: Vec<String>,
    /// What must happen first: notify, accept, trial, purpose, reference,
    /// patient-consent, no-starters, moderated-room.
    #[serde(default)]
    pub duties: Vec<String>,
    /// The moderated rooms of both in which alone it can be, where that is
    /// demanded: say one with [`crate::ShareRequest::InRoom`]. Empty where it
    /// can be anywhere.
    #[serde(default)]
    pub only_in: Vec<RoomRef>,
}

/// One thing that stands against a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureReason {
    /// Where it was found: contact, device, their-device, policy, profile,
    /// their-profile, presence, path, version.
    pub step: String,
    /// Its code.
    pub code: String,
    /// The same in words.
    pub text: String,
    /// What would help, where something would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The ways that lead to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathInfo {
    /// untried, trying, works, fails.
    pub state: String,
    /// What came of it: a code (spec 15, "Verdicts"); empty while untried.
    pub verdict: String,
    /// The same in words; empty while untried.
    pub text: String,
    /// When they were tried, milliseconds since 1970.
    pub at_ms: Option<u64>,
    /// Each way that was tried.
    pub ways: Vec<PathWay>,
}

/// One way to a device, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathWay {
    /// The address; escaped. Empty for a connection that stood already and
    /// came in.
    pub address: String,
    /// quic or tcp.
    pub transport: String,
    /// direct or relayed.
    pub course: String,
    /// Where the address is from: lan, remembered, dht, …; `standing` for a
    /// connection that stood already.
    pub from: String,
    /// works, or why it doesn't, as a code.
    pub outcome: String,
    /// The same in words.
    pub text: String,
    /// The shortest round trip in microseconds.
    pub round_trip_us: Option<u64>,
    /// Bytes a second towards this device, where it took long enough to say.
    pub rate: Option<u64>,
    /// yes: this is the way a share would take now; no.
    pub chosen: String,
}
