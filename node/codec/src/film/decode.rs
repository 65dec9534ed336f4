//! Shows film that a peer sent.

use openh264::OpenH264API;
use openh264::decoder::{DecodeOptions, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::colour::{self, Decoded};
use super::nal::{self, FilmKind, NalError};
use crate::geometry::Rect;
use crate::picture::Picture;

/// Why a film picture could not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilmError {
    /// The peer sent a stream in a form that is not allowed.
    #[error(transparent)]
    Nal(#[from] NalError),
    /// The peer sent a stream that does not decode.
    #[error("the peer sent film that does not decode")]
    Damaged,
    /// The peer continued a film that was not begun, or at another place.
    #[error("the peer continued a film that was not begun")]
    NotBegun,
    /// The decoder library failed on this machine (memory).
    #[error("the film decoder failed on this machine")]
    Library,
}

/// One running film.
pub(crate) struct FilmDecoder {
    rect: Rect,
    decoder: Decoder,
}

impl std::fmt::Debug for FilmDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FilmDecoder({:?})", self.rect)
    }
}

impl FilmDecoder {
    pub(crate) fn new(rect: Rect) -> Result<Self, FilmError> {
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), DecoderConfig::new())
            .map_err(|_| FilmError::Library)?;
        Ok(Self { rect, decoder })
    }

    pub(crate) const fn rect(&self) -> Rect {
        self.rect
    }

    /// Decodes one picture and paints it at the film's place.
    pub(crate) fn show(
        &mut self,
        bytes: &[u8],
        kind: FilmKind,
        picture: &mut Picture,
    ) -> Result<(), FilmError> {
        nal::check(bytes, kind, self.rect)?;
        let options = DecodeOptions::new().flush_after_decode(Flush::NoFlush);
        let shown = self.decoder.decode_with_options(bytes, options);
        let yuv = shown
            .map_err(|_| FilmError::Damaged)?
            .ok_or(FilmError::Damaged)?;
        if yuv.dimensions() != (self.rect.w.into(), self.rect.h.into()) {
            return Err(NalError::Size.into());
        }
        let (luma_stride, chroma_stride, _) = yuv.strides();
        let planes = Decoded {
            y: yuv.y(),
            u: yuv.u(),
            v: yuv.v(),
            luma_stride,
            chroma_stride,
        };
        if colour::paint(picture, self.rect, planes) {
            Ok(())
        } else {
            Err(FilmError::Damaged)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode::{Coarseness, FilmEncoder};
    use super::*;
    use crate::geometry::Size;
    use crate::time::Moment;

    fn scene(t: u32) -> Picture {
        let mut p = Picture::new(Size::new(120, 90).unwrap());
        for y in 0..90u32 {
            for x in 0..120u32 {
                let r = 128 + ((x + t * 2) % 64);
                p.set(x as u16, y as u16, (r << 16) | (y << 9) | ((x + y) / 2));
            }
        }
        p
    }

    #[test]
    fn film_arrives_and_looks_alike() {
        let rect = Rect::new(3, 5, 100, 70);
        let mut e = FilmEncoder::new(rect, Coarseness::choose(7000, None), Moment(0)).unwrap();
        let mut d = FilmDecoder::new(rect).unwrap();
        let (mut bytes, mut kinds) = (Vec::new(), Vec::new());
        for t in 0..10 {
            let source = scene(t);
            let now = Moment(u64::from(t) * 33_000);
            let kind = e
                .encode(&source.view(), FilmKind::Delta, now, &mut bytes)
                .unwrap();
            kinds.push(kind);
            let mut shown = Picture::new(source.size());
            d.show(&bytes, kind, &mut shown).unwrap();
            assert_eq!(shown.get(2, 5), 0, "nothing outside is painted");
            let mut error = 0u64;
            for y in 5..75 {
                for x in 3..103 {
                    let diff =
                        (shown.get(x, y) >> 8 & 255) as i64 - (source.get(x, y) >> 8 & 255) as i64;
                    error += (diff * diff) as u64;
                }
            }
            assert!(
                error / 7000 < 40,
                "mean square error {} at {t}",
                error / 7000
            );
        }
        assert_eq!(kinds[0], FilmKind::Key);
        assert!(kinds[1..].contains(&FilmKind::Delta));
    }

    #[test]
    fn a_film_of_another_size_is_refused_before_decoding() {
        let mut e = FilmEncoder::new(
            Rect::new(0, 0, 64, 64),
            Coarseness::choose(4096, Some(1000)),
            Moment(0),
        )
        .unwrap();
        let mut bytes = Vec::new();
        e.encode(&scene(0).view(), FilmKind::Key, Moment(0), &mut bytes)
            .unwrap();
        for (w, h) in [(64, 66), (62, 64), (16, 16), (80, 64)] {
            let mut d = FilmDecoder::new(Rect::new(0, 0, w, h)).unwrap();
            let r = d.show(&bytes, FilmKind::Key, &mut scene(0));
            assert_eq!(r, Err(NalError::Size.into()), "{w}x{h}");
        }
    }
}
