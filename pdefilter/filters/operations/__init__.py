"""Operations that several filters, or several methods of one filter, are made of."""
