typedef unsigned int word32;
