//! Giving files to members who ask.

use kith_proto::file::{FileMessage, GoneCode, MAX_ASKED, Request, Serve, serve};
use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::entry::EntryId;
use kith_proto::room::membership::Standing;

use super::super::link::LinkId;
use super::super::open::{Done, Open};
use super::FileDone;
use crate::blob::Blob;
use crate::store::files::{self, File, State};

impl Open {
    /// A member, or somebody who says so, wants a piece of a file.
    pub(super) async fn asked_for(
        &mut self,
        link: LinkId,
        peer: DeviceId,
        room: RoomId,
        offer: EntryId,
        what: Request,
    ) {
        let under_way = self.files.giving.get(&link).copied().unwrap_or(MAX_ASKED);
        if under_way >= MAX_ASKED {
            // Who asks for more than was agreed isn't cut off: what it has
            // under way is given, and for the rest it may ask again.
            let code = GoneCode::NotHere;
            let not_now = FileMessage::Gone { offer, code };
            return Box::pin(self.send(link, not_now.to_bytes())).await;
        }
        let given = match self.giveable(&peer, &room, &offer).await {
            Ok(given) => given,
            Err(code) => {
                let gone = FileMessage::Gone { offer, code };
                return Box::pin(self.send(link, gone.to_bytes())).await;
            }
        };
        let (file, layout) = given;
        let frame = match serve(&layout, what) {
            None => return Box::pin(self.drop_link(link)).await,
            Some(Serve::Hashes { from, count }) => {
                let first = usize::try_from(from).unwrap_or(usize::MAX);
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                FileMessage::Hashes {
                    offer,
                    from,
                    hashes: file.list.into_iter().skip(first).take(count).collect(),
                }
            }
            Some(Serve::Bytes { .. }) => {
                let Request::Chunk(index) = what else {
                    return;
                };
                self.files.giving.insert(link, under_way + 1);
                let (folder, results) = (self.files_dir.clone(), self.results_to.clone());
                tokio::task::spawn_blocking(move || {
                    let read = Blob::open(&folder, &file.key, &layout).and_then(|b| b.read(index));
                    let message = match read {
                        Ok(data) => FileMessage::Chunk { offer, index, data },
                        Err(_) => FileMessage::Gone {
                            offer,
                            code: GoneCode::NotHere,
                        },
                    };
                    let frame = message.to_bytes();
                    let _ = results.blocking_send(Done::File(FileDone::Given { link, frame }));
                });
                return;
            }
        };
        Box::pin(self.send(link, frame.to_bytes())).await;
    }

    /// The file that an entry offers, if it is here and the asker may have it.
    async fn giveable(
        &self,
        peer: &DeviceId,
        room: &RoomId,
        offer: &EntryId,
    ) -> Result<(File, kith_proto::room::body::FileOffer), GoneCode> {
        let person = self.in_rooms_of(peer);
        let sync = self.rooms.rooms.get(room).ok_or(GoneCode::NotForYou)?;
        let member =
            person.is_some_and(|p| sync.log().membership().standing(&p) == Standing::Member);
        let pos = sync.log().find(offer).filter(|_| member);
        let pos = pos.ok_or(GoneCode::NotForYou)?;
        let found = self.offer_at(room, &pos).await;
        let (_, layout) = found.map_err(|_| GoneCode::NotForYou)?;
        let (id, hash) = (*room, layout.hash);
        let file = self.store.read(move |tx| files::get(tx, &id, &hash)).await;
        match file {
            Ok(Some(file)) if file.state == State::Here => Ok((file, layout)),
            _ => Err(GoneCode::NotHere),
        }
    }

    /// A piece that was read goes out.
    pub(super) async fn give(&mut self, link: LinkId, frame: Vec<u8>) {
        if let Some(under_way) = self.files.giving.get_mut(&link) {
            *under_way = under_way.saturating_sub(1);
            Box::pin(self.send(link, frame)).await;
        }
    }
}
