"""What shows a finding, and nothing else: few messages, in words, checked, fit to hand on."""
