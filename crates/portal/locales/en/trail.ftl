## Who used my data

trail-lead = Each time an office reads your data, at home or abroad, an entry appears here. Both sides keep the signed evidence.
trail-shown = Accesses on this page
trail-offices = Offices that asked
trail-abroad = Across the border
trail-agreed = Under an agreement
trail-complete = Complete until { $when }.
trail-silent =
    { $n ->
        [one] { $n } office did not answer
       *[other] { $n } offices did not answer
    }
trail-silent-about = What they know is missing from this list. Nothing is lost: load the page again later.
trail-reload = Load again
trail-empty = Nobody has used your data, as far as those who answered know.
trail-first = To the latest
trail-older = Older entries
trail-cross-border = Cross-border
trail-by-right = By access right
trail-holder = Who gave the data
trail-basis = Legal basis
trail-allowed = Why it was allowed
trail-agreement = Agreement between the states: { $name }, version { $version }, clause { $clauses }
trail-right = The holder gave this office the right to ask. No agreement between states was needed.
trail-erased = Must be erased
trail-days =
    { $n ->
        [one] { $n } day later
       *[other] { $n } days later
    }
trail-withheld = Shown later
trail-withheld-until = A law kept this entry back until { $when }: { $law }
trail-service = Through service
trail-evidence = Signed evidence
trail-record = (record { $n } of the holder)
trail-no-purpose = No purpose was declared
