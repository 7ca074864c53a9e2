"""What all models that only draw have in common: their verdict by a judge, in figures and in words, their film, their place beside each other."""
