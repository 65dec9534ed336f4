//! What the node says.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use ciborium::Value;
use kith_codec::input::Input;
use kith_codec::message::Envelope;
use kith_proto::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::rights::{Right, Rights};

use super::super::hands::Origin;
use super::VERSION;
use super::from_warden::{Bar, codes};
use super::values::{AskId, MAX_LINE, MAX_LINES, MAX_NAME, MAX_WATCHERS, Verified, Who, line};
use crate::guard::{Limits, ProcessId, ShareId, ViewerId, What};
use crate::look::{Language, Look, Scale};
use crate::x11::InputKind;

/// Most processes or windows in one list.
const MAX_LISTED: usize = 256;

codes! {
    /// Why what a person chose in the frame isn't shown.
    Note {
        /// It is private, Kith's, or gone.
        Never = 1,
        /// The viewers were shown one window.
        OneWindow = 2,
        /// The viewers were shown another application.
        Another = 3,
        /// There are too many already.
        TooMany = 4,
        /// Nothing would be left.
        Last = 5,
        /// No part of the screen is where the frame was moved to.
        Nowhere = 6,
    }
}

/// How many viewers may control a share at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Controllers {
    /// One: a fresh grant ends the one before (hand over).
    One,
    /// As many as were granted control, each in a window that named the others.
    Many,
}

impl Encode for Controllers {
    fn encode(&self) -> Value {
        Value::Bool(*self == Self::Many)
    }
}

impl Decode for Controllers {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(match bool::decode(value)? {
            true => Self::Many,
            false => Self::One,
        })
    }
}

/// What is granted if the sharer says yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The rights; only those of control matter to the warden.
    pub rights: Rights,
    /// What stays barred.
    pub limits: Limits,
    /// For how long; `None`: until the share ends. Whole seconds count.
    pub lasts: Option<Duration>,
}

/// Whose word the node goes by when it gives control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// A person's at this screen: the yes to a [`Purpose::Wish`] that still
    /// stands, or else one that is asked for now. A command is none (ASK-2).
    Press,
    /// The sharer's, given in advance (ASK-3).
    Advance,
}

/// What a question is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody wants to see. The answer is the node's to act on.
    View,
    /// A viewer wants control, and the node decides after a "yes" whether it
    /// may have it: that yes stands for a while, for one [`ToWarden::Give`].
    Wish(Offer),
    /// A viewer wants control. On "yes" the warden makes the grant.
    Control(Offer),
    /// Something that widens rights, exports or signs, while somebody has
    /// control (GUARD-9). The answer is the node's to act on.
    Other,
}

/// A viewer, as indicators name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Its number.
    pub viewer: ViewerId,
    /// Who it is.
    pub name: String,
}

/// A message of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToWarden {
    /// The first message.
    Hello {
        /// Kith's processes whose windows are never targets: the node, its
        /// viewer windows, the desktop program.
        processes: BTreeSet<ProcessId>,
        /// The panic key, as a keysym; Esc is 0xff1b.
        panic_key: u32,
    },
    /// The processes of Kith have changed.
    Processes(BTreeSet<ProcessId>),
    /// XTEST's devices that the person has enrolled as their own (ASK-3).
    Enrolled {
        /// Which kinds of them.
        kinds: BTreeSet<InputKind>,
        /// For how long they press nothing from now on, because others' hands
        /// were here (GUARD-9); they end control all the same. In milliseconds
        /// on the wire.
        wait: Duration,
    },
    /// In which language and how large windows are from now on.
    Look(Look),
    /// A share begins: frame and indicators appear.
    Open {
        /// Its number.
        share: ShareId,
        /// What is shared.
        what: What,
        /// How many may control.
        controllers: Controllers,
        /// What is shared, in words; `None` where it has no name but its place.
        title: Option<String>,
    },
    /// The sharer lets so many control from now on. If that is one, whoever has
    /// controlled for the longest goes on.
    Controllers {
        /// Which share.
        share: ShareId,
        /// How many.
        controllers: Controllers,
    },
    /// The sharer added or removed windows.
    Change {
        /// Which share.
        share: ShareId,
        /// All that is shared now.
        what: What,
    },
    /// Who watches now.
    Watchers {
        /// Which share.
        share: ShareId,
        /// All of them.
        list: Vec<Watcher>,
    },
    /// Ask the person at this screen (ASK-2).
    Ask {
        /// The question's number.
        ask: AskId,
        /// About which share.
        share: ShareId,
        /// About which viewer.
        viewer: ViewerId,
        /// Who that is.
        who: Who,
        /// For what.
        purpose: Purpose,
        /// Exactly what is granted and how long, in words, most important
        /// first.
        lines: Vec<String>,
    },
    /// The question is no longer one: the asker is gone.
    Withdraw(AskId),
    /// The person wants to answer what is asked: its window gets the keyboard.
    Recall,
    /// A viewer is to control. Unless a person's yes stands, or the sharer
    /// gave it in advance and nobody else has had hands on this screen lately
    /// (GUARD-9), it is a question.
    Give {
        /// As in [`ToWarden::Ask`]; answered in the same way.
        ask: AskId,
        /// In which share.
        share: ShareId,
        /// To which viewer.
        viewer: ViewerId,
        /// Who that is, should it have to be asked.
        who: Who,
        /// What.
        offer: Offer,
        /// By whose word.
        word: Word,
        /// As in [`ToWarden::Ask`].
        lines: Vec<String>,
    },
    /// Input of a viewer.
    Input {
        /// In which share.
        share: ShareId,
        /// Whose.
        viewer: ViewerId,
        /// What the picture's pixels are relative to.
        origin: Origin,
        /// What it does.
        input: Input,
    },
    /// The sharer changed what is barred for a viewer.
    Limit {
        /// In which share.
        share: ShareId,
        /// For whom.
        viewer: ViewerId,
        /// All limits.
        limits: Limits,
    },
    /// A viewer's keys and buttons are let go; its control stays.
    Release {
        /// In which share.
        share: ShareId,
        /// Whose.
        viewer: ViewerId,
    },
    /// A viewer's control ends.
    Revoke {
        /// In which share.
        share: ShareId,
        /// Whose.
        viewer: ViewerId,
    },
    /// The share is over.
    Close(ShareId),
    /// For the person at the screen, in the title for a while.
    Say(ShareId, Note),
    /// What an earlier warden was told to bar in this share, for all who
    /// control it.
    Bar(ShareId, Bar),
}

fn processes(set: &BTreeSet<ProcessId>) -> Vec<u32> {
    set.iter().map(|p| p.0.get()).collect()
}

fn read_processes(list: Vec<u32>) -> Result<BTreeSet<ProcessId>, DecodeError> {
    list.into_iter()
        .map(|p| {
            NonZeroU32::new(p)
                .map(ProcessId)
                .ok_or(DecodeError::OutOfRange)
        })
        .collect()
}

const fn number_of(kind: InputKind) -> u8 {
    match kind {
        InputKind::Keyboard => 1,
        InputKind::Pointer => 2,
    }
}

fn read_kind(number: u8) -> Result<InputKind, DecodeError> {
    let mut all = InputKind::ALL.into_iter();
    all.find(|k| number_of(*k) == number)
        .ok_or(DecodeError::OutOfRange)
}

const fn number_of_language(language: Language) -> u8 {
    match language {
        Language::English => 1,
        Language::German => 2,
        Language::Chinese => 3,
    }
}

fn read_language(number: u8) -> Result<Language, DecodeError> {
    let mut all = Language::ALL.into_iter();
    all.find(|l| number_of_language(*l) == number)
        .ok_or(DecodeError::OutOfRange)
}

impl Encode for Offer {
    fn encode(&self) -> Value {
        let rights: Vec<u16> = Right::ALL
            .iter()
            .filter(|r| self.rights.contains(**r))
            .map(|r| r.number())
            .collect();
        MapBuilder::new()
            .put_list(0, &rights)
            .put(1, &self.limits)
            .put_opt(2, self.lasts.map(|d| d.as_secs()).as_ref())
            .build()
    }
}

impl Decode for Offer {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let offer = Self {
            rights: m
                .list::<u16>(0, 64)?
                .into_iter()
                .filter_map(|n| Right::ALL.iter().copied().find(|r| r.number() == n))
                .collect(),
            limits: m.req(1)?,
            lasts: m.opt(2)?.map(Duration::from_secs),
        };
        let _ = m.finish()?;
        Ok(offer)
    }
}

impl Encode for Purpose {
    fn encode(&self) -> Value {
        match self {
            Self::View => Value::from(1),
            Self::Control(offer) => offer.encode(),
            Self::Other => Value::from(2),
            Self::Wish(offer) => Value::Array(vec![offer.encode()]),
        }
    }
}

impl Decode for Purpose {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        if let Value::Integer(_) = value {
            return match u8::decode(value)? {
                1 => Ok(Self::View),
                2 => Ok(Self::Other),
                _ => Err(DecodeError::OutOfRange),
            };
        }
        if let Value::Array(wish) = value {
            let [offer] = <[Value; 1]>::try_from(wish).map_err(|_| DecodeError::OutOfRange)?;
            return Offer::decode(offer).map(Self::Wish);
        }
        Offer::decode(value).map(Self::Control)
    }
}

impl Encode for Watcher {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.viewer.0)
            .put(1, &self.name)
            .build()
    }
}

impl Decode for Watcher {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let watcher = Self {
            viewer: ViewerId(m.req(0)?),
            name: line(m.req(1)?, MAX_NAME)?,
        };
        let _ = m.finish()?;
        Ok(watcher)
    }
}

impl Encode for ToWarden {
    fn encode(&self) -> Value {
        let m = |kind: u8| MapBuilder::new().put(0, &kind);
        match self {
            Self::Hello {
                processes: p,
                panic_key,
            } => m(1)
                .put(1, &VERSION)
                .put_list(2, &processes(p))
                .put(3, panic_key),
            Self::Processes(p) => m(2).put_list(1, &processes(p)),
            Self::Enrolled { kinds, wait } => {
                let kinds: Vec<u8> = kinds.iter().map(|k| number_of(*k)).collect();
                let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                m(18).put_list(1, &kinds).put(2, &wait)
            }
            Self::Look(look) => m(20)
                .put(1, &number_of_language(look.language))
                .put(2, &look.scale.get()),
            Self::Open {
                share,
                what,
                controllers,
                title,
            } => m(4)
                .put(1, &share.0)
                .put(2, what)
                .put(3, controllers)
                .put_opt(4, title.as_ref()),
            Self::Change { share, what } => m(5).put(1, &share.0).put(2, what),
            Self::Watchers { share, list } => m(6).put(1, &share.0).put_list(2, list),
            Self::Ask {
                ask,
                share,
                viewer,
                who,
                purpose,
                lines,
            } => m(7)
                .put(1, &ask.0)
                .put(2, &share.0)
                .put(3, &viewer.0)
                .put(4, who)
                .put(5, purpose)
                .put_list(6, lines),
            Self::Withdraw(ask) => m(8).put(1, &ask.0),
            Self::Give {
                ask,
                share,
                viewer,
                who,
                offer,
                word,
                lines,
            } => m(9)
                .put(1, &ask.0)
                .put(2, &share.0)
                .put(3, &viewer.0)
                .put(4, who)
                .put(5, offer)
                .put(6, &(*word == Word::Advance))
                .put_list(7, lines),
            Self::Input {
                share,
                viewer,
                origin,
                input,
            } => m(10)
                .put(1, &share.0)
                .put(2, &viewer.0)
                .put(3, origin)
                .put(4, &Bytes(input.to_bytes())),
            Self::Limit {
                share,
                viewer,
                limits,
            } => m(11).put(1, &share.0).put(2, &viewer.0).put(3, limits),
            Self::Release { share, viewer } => m(12).put(1, &share.0).put(2, &viewer.0),
            Self::Revoke { share, viewer } => m(13).put(1, &share.0).put(2, &viewer.0),
            Self::Close(share) => m(14).put(1, &share.0),
            Self::Say(share, note) => m(15).put(1, &share.0).put(2, note),
            Self::Bar(share, bar) => m(16).put(1, &share.0).put(2, bar),
            Self::Recall => m(17),
            Self::Controllers { share, controllers } => m(19).put(1, &share.0).put(2, controllers),
        }
        .build()
    }
}

fn read_lines(lines: Vec<String>) -> Result<Vec<String>, DecodeError> {
    lines.into_iter().map(|l| line(l, MAX_LINE)).collect()
}

fn read_input(bytes: &Bytes) -> Result<Input, DecodeError> {
    match Envelope::split(&bytes.0) {
        Ok(Some((envelope, all))) if all == bytes.0.len() => {
            Input::parse(envelope).map_err(|_| DecodeError::OutOfRange)
        }
        _ => Err(DecodeError::OutOfRange),
    }
}

impl Decode for ToWarden {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let share = |m: &mut MapReader| m.req(1).map(ShareId);
        let viewer = |m: &mut MapReader| m.req(2).map(ViewerId);
        let message = match m.req::<u8>(0)? {
            1 => {
                m.version(1, VERSION)?;
                Self::Hello {
                    processes: read_processes(m.list(2, MAX_LISTED)?)?,
                    panic_key: m.req(3)?,
                }
            }
            2 => Self::Processes(read_processes(m.list(1, MAX_LISTED)?)?),
            4 => Self::Open {
                share: share(&mut m)?,
                what: m.req(2)?,
                controllers: m.req(3)?,
                title: match m.opt(4)? {
                    Some(title) => Some(line(title, MAX_LINE)?),
                    None => None,
                },
            },
            5 => Self::Change {
                share: share(&mut m)?,
                what: m.req(2)?,
            },
            6 => Self::Watchers {
                share: share(&mut m)?,
                list: m.list(2, MAX_WATCHERS)?,
            },
            7 => Self::Ask {
                ask: AskId(m.req(1)?),
                share: ShareId(m.req(2)?),
                viewer: ViewerId(m.req(3)?),
                who: m.req(4)?,
                purpose: m.req(5)?,
                lines: read_lines(m.list(6, MAX_LINES)?)?,
            },
            8 => Self::Withdraw(AskId(m.req(1)?)),
            9 => Self::Give {
                ask: AskId(m.req(1)?),
                share: ShareId(m.req(2)?),
                viewer: ViewerId(m.req(3)?),
                who: m.req(4)?,
                offer: m.req(5)?,
                word: match m.req(6)? {
                    true => Word::Advance,
                    false => Word::Press,
                },
                lines: read_lines(m.list(7, MAX_LINES)?)?,
            },
            10 => Self::Input {
                share: share(&mut m)?,
                viewer: viewer(&mut m)?,
                origin: m.req(3)?,
                input: read_input(&m.req(4)?)?,
            },
            11 => Self::Limit {
                share: share(&mut m)?,
                viewer: viewer(&mut m)?,
                limits: m.req(3)?,
            },
            12 => Self::Release {
                share: share(&mut m)?,
                viewer: viewer(&mut m)?,
            },
            13 => Self::Revoke {
                share: share(&mut m)?,
                viewer: viewer(&mut m)?,
            },
            14 => Self::Close(share(&mut m)?),
            15 => Self::Say(share(&mut m)?, m.req(2)?),
            16 => Self::Bar(share(&mut m)?, m.req(2)?),
            17 => Self::Recall,
            18 => Self::Enrolled {
                kinds: m
                    .list::<u8>(1, InputKind::ALL.len())?
                    .into_iter()
                    .map(read_kind)
                    .collect::<Result<_, _>>()?,
                wait: Duration::from_millis(m.req(2)?),
            },
            19 => Self::Controllers {
                share: share(&mut m)?,
                controllers: m.req(2)?,
            },
            20 => Self::Look(Look {
                language: read_language(m.req(1)?)?,
                scale: Scale::percent(m.req(2)?),
            }),
            _ => return Err(DecodeError::OutOfRange),
        };
        let _ = m.finish()?;
        Ok(message)
    }
}

impl Who {
    /// Somebody unverified without an organisation.
    #[must_use]
    pub fn unverified(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verified: Verified::No,
            organisation: None,
        }
    }
}
