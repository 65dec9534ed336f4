//! A way between two devices as a small picture: straight where it is direct,
//! over a third device where it is relayed, cut where nothing comes through.

use iced::widget::canvas::{self, Canvas, Frame, LineDash, Path, Stroke};
use iced::{Element, Point, Rectangle, Renderer, Theme, mouse};

use crate::theme;

/// How wide and high it is, in pixels.
const SIZE: (f32, f32) = (92.0, 18.0);
/// The round of a device.
const DEVICE: f32 = 4.0;
/// The half of the box of a device between, and of the cross.
const HALF: f32 = 3.5;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// Over a third device.
    pub(crate) course: Course,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// From one device to the other.
    Direct,
    /// Over a third.
    Relayed,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It works, and a share would take it now.
    Chosen,
    /// It works.
    Works,
    /// Nothing comes through.
    Fails,
}

impl<Message> canvas::Program<Message> for Way {
    type State = ();

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        _: mouse::Cursor,
    ) -> Vec<canvas::Geometry> {
        let colors = theme::colors(theme);
        let mut frame = Frame::new(renderer, bounds.size());
        let middle = bounds.height / 2.0;
        let (left, right) = (DEVICE, bounds.width - DEVICE);
        let center = Point::new(bounds.width / 2.0, middle);
        let (color, width) = match self.outcome {
            Outcome::Chosen => (colors.accent, 2.5),
            Outcome::Works => (colors.good, 1.5),
            Outcome::Fails => (colors.muted, 1.5),
        };
        let stroke = Stroke::default().with_color(color).with_width(width);
        let cut = Stroke {
            line_dash: LineDash {
                segments: &[3.0, 3.0],
                offset: 0,
            },
            ..stroke
        };
        let line = Path::line(Point::new(left, middle), Point::new(right, middle));
        match self.outcome {
            Outcome::Fails => frame.stroke(&line, cut),
            _ => frame.stroke(&line, stroke),
        }
        for x in [left, right] {
            frame.fill(&Path::circle(Point::new(x, middle), DEVICE), color);
        }
        let corner = Point::new(center.x - HALF, center.y - HALF);
        let side = 2.0 * HALF;
        match (self.course, self.outcome) {
            (_, Outcome::Fails) => {
                // What lies below the cross would make it hard to see.
                let clear = Point::new(corner.x - 2.0, corner.y);
                let square = iced::Size::new(side + 4.0, side);
                frame.fill_rectangle(clear, square, colors.surface);
                let cross = Path::new(|p| {
                    p.move_to(corner);
                    p.line_to(Point::new(corner.x + side, corner.y + side));
                    p.move_to(Point::new(corner.x + side, corner.y));
                    p.line_to(Point::new(corner.x, corner.y + side));
                });
                frame.stroke(&cross, stroke);
            }
            (Course::Relayed, _) => {
                let square = iced::Size::new(side, side);
                frame.fill_rectangle(corner, square, colors.surface);
                frame.stroke(&Path::rectangle(corner, square), stroke);
            }
            (Course::Direct, _) => {}
        }
        vec![frame.into_geometry()]
    }
}

/// The picture of a way.
pub(crate) fn way<'a, Message: 'a>(way: Way) -> Element<'a, Message> {
    Canvas::new(way).width(SIZE.0).height(SIZE.1).into()
}

/// As wide as the picture: for what stands above it.
pub(crate) const WAY_WIDTH: f32 = SIZE.0;
