"""HTTP only: parse → studio → answer. One file per noun; no logic of the studio's own."""
