int unichar_tolower(int c);
int unichar_toupper(int c);
