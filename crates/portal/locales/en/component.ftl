## Words of components

ago-seconds =
    { $n ->
        [one] { $n } second ago
       *[other] { $n } seconds ago
    }
ago-minutes =
    { $n ->
        [one] { $n } minute ago
       *[other] { $n } minutes ago
    }
ago-hours =
    { $n ->
        [one] { $n } hour ago
       *[other] { $n } hours ago
    }
ago-days =
    { $n ->
        [one] { $n } day ago
       *[other] { $n } days ago
    }
back = Back
banner-label = Notice
change = Change
choose = Choose one
chart-table = Show as a table
chart-no-data = no data
crumbs-label = Where you are
date-day = Day
date-month = Month
date-year = Year
error-prefix = Error:
evidence-summary = Details and evidence
form-errors =
    { $n ->
        [one] There is { $n } thing to put right
       *[other] There are { $n } things to put right
    }
letter-date = Date
letter-number = Number
letter-signed = Signed electronically, { $when }
letter-subject = Subject
letter-to = To
link-down = Down
link-here = This node
link-slow = Slow
link-up = Linked
live-off = Connection lost, trying again
live-on = Connected, this page updates itself
live-refresh = Refresh progress
map-title = Where member nodes are and the state of each link. The list under the map holds the same.
optional = optional
pages-label = Pages of the list
pages-next = Next
pages-one = Page { $n }
pages-previous = Previous
reference-yours = Your reference
resume = Continue
resume-see = See progress
search = Search
search-often = Often searched
search-services = Search services
source = From { $register }, { $when }
stage-done = Done
stage-late = Late
stage-needs-you = Waiting for you
stage-now = In progress
stage-of = Stage { $n } of { $total }
stage-promise = promised: { $promise }
stage-stopped = Stopped
stage-waiting = Waiting
task-closed = Cannot start yet
task-done = Done
task-later = Not started
task-next = Next
task-wrong = To be put right
this-is-wrong = This is wrong
track-title = Progress of the application
track-updated = Updated { $when }
